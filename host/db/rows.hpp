// The result of one statement: cells in PostgreSQL's text format, owned by the object and
// independent of the connection and the transaction. Not synchronised; concurrent reads are safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "ezapi/abi.h"

struct pg_result;  // libpq's PGresult

namespace ezapi::host::db {

/// Parameters $1 ... of a statement, in text format; borrowed for the call.
using Params = std::span<const ez_value>;

class Rows {
public:
    Rows() noexcept = default;

    explicit Rows(pg_result* result) noexcept : result_(result) {}  // takes ownership

    [[nodiscard]] size_t rows() const noexcept;
    [[nodiscard]] size_t columns() const noexcept;

    [[nodiscard]] bool empty() const noexcept { return rows() == 0; }

    /// Rows changed by INSERT, UPDATE, DELETE, COPY; rows returned by SELECT.
    [[nodiscard]] int64_t affected() const noexcept;

    /// A cell that does not exist is NULL.
    [[nodiscard]] ez_value cell(size_t row, size_t column) const noexcept;
    [[nodiscard]] bool is_null(size_t row, size_t column) const noexcept;
    /// Empty for NULL.
    [[nodiscard]] std::string_view text(size_t row, size_t column) const noexcept;
    /// Throws EZ_INTERNAL when the cell is NULL or no 64-bit integer.
    [[nodiscard]] int64_t integer(size_t row, size_t column) const;
    /// 't' and 'f'; throws EZ_INTERNAL for anything else.
    [[nodiscard]] bool boolean(size_t row, size_t column) const;
    [[nodiscard]] std::string_view column_name(size_t column) const noexcept;
    /// The server's name of what it did: "SELECT 3", "COMMIT".
    [[nodiscard]] std::string_view command() const noexcept;

private:
    struct Clear {
        void operator()(pg_result* result) const noexcept;
    };

    std::unique_ptr<pg_result, Clear> result_;
};

/// A text parameter; an empty text is not NULL.
[[nodiscard]] constexpr ez_value param(std::string_view text) noexcept {
    return {{text.data(), text.size()}, 0};
}

[[nodiscard]] constexpr ez_value null_param() noexcept {
    return {{nullptr, 0}, 1};
}

}  // namespace ezapi::host::db
