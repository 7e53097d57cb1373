#include "host/db/rows.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <string>

#include "ezapi/error.hpp"

namespace ezapi::host::db {
namespace {

template <class Number>
bool parse(std::string_view text, Number& value) noexcept {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size();
}

[[noreturn]] void wrong_cell(const Rows& rows,
                             size_t row,
                             size_t column,
                             std::string_view expected) {
    throw Error(EZ_INTERNAL,
                "column '" + std::string(rows.column_name(column)) + "' of row " +
                    std::to_string(row) + ": expected " + std::string(expected) + ", found " +
                    (rows.is_null(row, column) ? "NULL" : "something else"));
}

}  // namespace

void Rows::Clear::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

size_t Rows::rows() const noexcept {
    return static_cast<size_t>(PQntuples(result_.get()));
}

size_t Rows::columns() const noexcept {
    return static_cast<size_t>(PQnfields(result_.get()));
}

int64_t Rows::affected() const noexcept {
    int64_t count = 0;
    if (result_ == nullptr || !parse(std::string_view(PQcmdTuples(result_.get())), count)) return 0;
    return count;
}

ez_value Rows::cell(size_t row, size_t column) const noexcept {
    if (is_null(row, column)) return null_param();
    const std::string_view value = text(row, column);
    return {{value.data(), value.size()}, 0};
}

bool Rows::is_null(size_t row, size_t column) const noexcept {
    return row >= rows() || column >= columns() ||
           PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::string_view Rows::text(size_t row, size_t column) const noexcept {
    if (is_null(row, column)) return {};
    const int r = static_cast<int>(row);
    const int c = static_cast<int>(column);
    return {PQgetvalue(result_.get(), r, c), static_cast<size_t>(PQgetlength(result_.get(), r, c))};
}

int64_t Rows::integer(size_t row, size_t column) const {
    int64_t value = 0;
    if (!parse(text(row, column), value)) wrong_cell(*this, row, column, "an integer");
    return value;
}

bool Rows::boolean(size_t row, size_t column) const {
    const std::string_view value = text(row, column);
    if (value != "t" && value != "f") wrong_cell(*this, row, column, "a boolean");
    return value == "t";
}

std::string_view Rows::column_name(size_t column) const noexcept {
    if (column >= columns()) return {};
    return PQfname(result_.get(), static_cast<int>(column));
}

std::string_view Rows::command() const noexcept {
    if (result_ == nullptr) return {};
    return PQcmdStatus(result_.get());
}

}  // namespace ezapi::host::db
