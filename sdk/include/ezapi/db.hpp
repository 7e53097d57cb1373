// PostgreSQL: queries, transactions, COPY. Parameters and cells are in PostgreSQL's text format;
// the accessors convert strictly.
//
//     const Rows rows = db_.query("SELECT name FROM masters WHERE id = $1", {id});
//     Tx tx = db_.begin();
//     tx.query("UPDATE masters SET status = $2 WHERE id = $1", {id, "suspended"});
//     tx.changed({.resource = "masters", .id = "7", .action = EZ_UPDATED});
//     tx.commit();  // rolled back when this is not reached
//
// SQL text should be constant, because each statement is prepared once per connection and kept.
// Failures throw Error with the SQLSTATE; after a failure in a transaction every further statement
// fails as well. A call blocks until a connection is free (EZ_UNAVAILABLE after the pool's limit)
// and the server has answered.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/prefix.hpp"
#include "ezapi/time.hpp"

namespace ezapi {

/// One parameter. Text is borrowed and must live until the query returns; converted values are
/// stored inside. NULL is std::nullopt.
class Param {
public:
    Param(std::nullopt_t) : null_(true) {}

    Param(std::string_view text) : borrowed_(text) {}

    Param(const std::string& text) : borrowed_(text) {}

    Param(const char* text) : borrowed_(text) {}

    Param(bool value) : borrowed_(value ? "true" : "false") {}

    template <std::integral Number>

    requires(!std::same_as<Number, bool>) Param(Number value)
        : owned_(std::to_string(value)), owns_(true) {}

    Param(double value) : owned_(32, '\0'), owns_(true) {
        const auto end = std::to_chars(owned_.data(), owned_.data() + owned_.size(), value).ptr;
        owned_.resize(static_cast<size_t>(end - owned_.data()));
    }

    Param(Timestamp time) : owned_(std::to_string(time.time_since_epoch().count())), owns_(true) {
        // With microseconds, and independent of the session's date style.
        const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
        char fraction[8];
        std::snprintf(
            fraction, sizeof fraction, "%06d", static_cast<int>((time - seconds).count()));
        owned_ = format_time(seconds);
        owned_.replace(owned_.size() - 4, 3, fraction);
    }

    template <class Value>
    Param(const std::optional<Value>& value) : Param(value ? Param(*value) : Param(std::nullopt)) {}

    /// Takes ownership of the text instead of borrowing it.
    [[nodiscard]] static Param owning(std::string text) {
        Param out{std::string_view()};
        out.owned_ = std::move(text);
        out.owns_ = true;
        return out;
    }

    [[nodiscard]] ez_value value() const {
        if (null_) return {{nullptr, 0}, 1};
        return {str(owns_ ? std::string_view(owned_) : borrowed_), 0};
    }

private:
    std::string_view borrowed_;
    std::string owned_;
    bool owns_ = false;
    bool null_ = false;
};

using Params = std::initializer_list<Param>;

/// A result. Its text lives as long as the result, which may outlive the transaction. One thread at
/// a time.
class Rows {
public:
    Rows(const ez_db_api* api, ez_rows* rows) : rows_(rows, Free{api}) {
        api->rows_info(rows, &info_);
    }

    [[nodiscard]] size_t size() const { return info_.rows; }

    [[nodiscard]] bool empty() const { return info_.rows == 0; }

    [[nodiscard]] size_t columns() const { return info_.columns; }

    /// Rows changed by INSERT, UPDATE or DELETE; rows returned by SELECT.
    [[nodiscard]] std::int64_t affected() const { return info_.affected; }

    [[nodiscard]] std::string_view column_name(size_t column) const {
        return view(api()->column_name(rows_.get(), column));
    }

    [[nodiscard]] ez_value cell(size_t row, size_t column) const {
        return api()->cell(rows_.get(), row, column);
    }

    [[nodiscard]] bool is_null(size_t row, size_t column) const {
        return cell(row, column).is_null != 0;
    }

    /// NULL is returned as empty text.
    [[nodiscard]] std::string_view text(size_t row, size_t column) const {
        return view(cell(row, column).text);
    }

    [[nodiscard]] bool boolean(size_t row, size_t column) const { return text(row, column) == "t"; }

    /// Throws EZ_INTERNAL when the cell is not an integer. NULL is not one.
    [[nodiscard]] std::int64_t integer(size_t row, size_t column) const {
        return number<std::int64_t>(row, column);
    }

    [[nodiscard]] double real(size_t row, size_t column) const {
        return number<double>(row, column);
    }

    [[nodiscard]] std::optional<std::int64_t> optional_integer(size_t row, size_t column) const {
        if (is_null(row, column)) return std::nullopt;
        return integer(row, column);
    }

    /// nullopt for NULL. Throws EZ_INTERNAL when the cell is not a time.
    [[nodiscard]] std::optional<Timestamp> time(size_t row, size_t column) const {
        if (is_null(row, column)) return std::nullopt;
        const auto parsed = parse_time(text(row, column));
        if (!parsed)
            throw Error(EZ_INTERNAL,
                        "column " + std::string(column_name(column)) +
                            ": not a time: " + std::string(text(row, column)));
        return parsed;
    }

private:
    struct Free {
        const ez_db_api* api;

        void operator()(ez_rows* rows) const { api->rows_free(rows); }
    };

    template <class Number>
    [[nodiscard]] Number number(size_t row, size_t column) const {
        const std::string_view digits = text(row, column);
        Number value{};
        const auto [end, fault] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (fault != std::errc{} || end != digits.data() + digits.size()) {
            throw Error(EZ_INTERNAL,
                        "column " + std::string(column_name(column)) +
                            ": expected a number, found '" + std::string(digits) + "'");
        }
        return value;
    }

    [[nodiscard]] const ez_db_api* api() const { return rows_.get_deleter().api; }

    std::unique_ptr<ez_rows, Free> rows_;
    ez_rows_info info_ = sized<ez_rows_info>();
};

/// A change of one entity, as a transaction records it and subscribers receive it.
struct Change {
    std::string_view resource;
    std::string_view id;
    std::int32_t action = EZ_TOUCHED;  // EZ_CREATED, EZ_UPDATED, EZ_DELETED or EZ_TOUCHED
    std::string_view before = {};      // JSON without secrets, or empty
    std::string_view after = {};
};

namespace detail {

inline std::vector<ez_value> values(std::span<const Param> params) {
    std::vector<ez_value> out;
    out.reserve(params.size());
    for (const Param& param : params) out.push_back(param.value());
    return out;
}

}  // namespace detail

/// A transaction. The destructor rolls it back unless it was committed. One thread at a time. The
/// Tx that a change subscriber or a projection receives is borrowed: the host ends it.
class Tx {
public:
    enum class Ownership { owned, borrowed };

    Tx(const ez_host* host, ez_tx* tx, Ownership ownership)
        : host_(host), tx_(tx), ownership_(ownership) {}

    Tx(Tx&& other) noexcept
        : host_(other.host_),
          tx_(std::exchange(other.tx_, nullptr)),
          ownership_(other.ownership_) {}

    Tx(const Tx&) = delete;
    Tx& operator=(const Tx&) = delete;
    Tx& operator=(Tx&&) = delete;

    ~Tx() {
        if (tx_ != nullptr && ownership_ == Ownership::owned) host_->db->rollback(tx_);
    }

    Rows query(std::string_view sql, Params params = {}) {
        return query(sql, std::span<const Param>(params.begin(), params.size()));
    }

    Rows query(std::string_view sql, std::span<const Param> params) {
        const std::vector<ez_value> values = detail::values(params);
        ez_rows* rows = nullptr;
        check([&](ez_error* error) {
            return host_->db->tx_query(tx_, str(sql), values.data(), values.size(), &rows, error);
        });
        return {host_->db, rows};
    }

    /// Records changes; their subscribers run in this transaction, before its commit.
    void changed(const Change& change) { changed(std::span(&change, 1)); }

    void changed(std::span<const Change> changes) {
        std::vector<ez_change> raw;
        raw.reserve(changes.size());
        for (const Change& change : changes) {
            raw.push_back({sizeof(ez_change),
                           change.action,
                           str(change.resource),
                           str(change.id),
                           str(change.before),
                           str(change.after)});
        }
        check([&](ez_error* error) {
            return host_->changes->changed(tx_, raw.data(), raw.size(), error);
        });
    }

    /// Records EZ_TOUCHED for an entity of a projection: what Redis holds of it may be out of date.
    void touched(std::string_view resource, std::string_view id) {
        changed({.resource = resource, .id = id});
    }

    /// Calls `body(committed)` once after the transaction has ended, on the thread that ends it;
    /// see ez_after_fn for the values. An exception is logged, because no caller could receive it.
    void after(std::function<void(int committed)> body) {
        auto* held = new After{host_, std::move(body)};
        ez_error error{};
        const ez_status status = host_->db->after(tx_, &run_after, held, &error);
        if (status != EZ_OK) {
            delete held;
            throw from_abi(status, error);
        }
    }

    /// COPY ... FROM STDIN in one call; `data` has the format that the statement names. Returns the
    /// number of rows.
    std::int64_t copy_in(std::string_view sql, std::string_view data) {
        check([&](ez_error* error) { return host_->db->copy_begin(tx_, str(sql), error); });
        check([&](ez_error* error) { return host_->db->copy_write(tx_, str(data), error); });
        std::int64_t rows = 0;
        check([&](ez_error* error) { return host_->db->copy_end(tx_, str({}), &rows, error); });
        return rows;
    }

    /// On whose behalf the transaction runs; valid as long as the transaction.
    [[nodiscard]] ez_origin origin() const {
        ez_origin out{};
        out.size = sizeof out;
        host_->changes->origin(tx_, &out);
        return out;
    }

    /// The revision under which these changes reach Redis, see ez_changes_api.
    void set_revision(std::int64_t revision) { host_->changes->set_revision(tx_, revision); }

    /// Runs the change subscribers, then COMMIT. The changes are durable when it returns. The
    /// transaction has ended even if it throws.
    void commit() {
        check(
            [&](ez_error* error) { return host_->db->commit(std::exchange(tx_, nullptr), error); });
    }

    [[nodiscard]] ez_tx* handle() const { return tx_; }

private:
    struct After {
        const ez_host* host;
        std::function<void(int)> body;
    };

    static void run_after(void* user, std::int32_t committed) noexcept {
        const std::unique_ptr<After> after(static_cast<After*>(user));
        ez_error error{};
        if (guard(&error, [&] { after->body(committed); }) != EZ_OK)
            write_line(after->host, EZ_LOG_ERROR, "work after a transaction failed", error);
    }

    const ez_host* host_;
    ez_tx* tx_;
    Ownership ownership_;
};

struct TxOptions {
    /// EZ_READ_COMMITTED, EZ_REPEATABLE_READ or EZ_SERIALIZABLE.
    std::int32_t isolation = EZ_READ_COMMITTED;
    bool read_only = false;
    std::chrono::milliseconds statement_timeout{0};  // 0: the limit of the pool
    std::chrono::milliseconds lock_timeout{0};       // 0: the limit of the pool
};

/// A pool of connections, "main" or "logs". Any thread.
class Db {
public:
    explicit Db(const ez_host* host, std::string pool = "main")
        : host_(host), pool_(std::move(pool)) {}

    /// Runs one statement in a transaction of its own.
    Rows query(std::string_view sql, Params params = {}) const {
        return query(sql, std::span<const Param>(params.begin(), params.size()));
    }

    Rows query(std::string_view sql, std::span<const Param> params) const {
        const std::vector<ez_value> values = detail::values(params);
        ez_rows* rows = nullptr;
        check([&](ez_error* error) {
            return host_->db->query(
                host_->context, str(pool_), str(sql), values.data(), values.size(), &rows, error);
        });
        return {host_->db, rows};
    }

    [[nodiscard]] Tx begin(const TxOptions& options = {}) const {
        const ez_tx_options raw{sizeof raw,
                                options.isolation,
                                options.read_only ? 1 : 0,
                                static_cast<std::uint32_t>(options.statement_timeout.count()),
                                static_cast<std::uint32_t>(options.lock_timeout.count())};
        ez_tx* tx = nullptr;
        check([&](ez_error* error) {
            return host_->db->begin(host_->context, str(pool_), &raw, &tx, error);
        });
        return {host_, tx, Tx::Ownership::owned};
    }

private:
    const ez_host* host_;
    std::string pool_;
};

}  // namespace ezapi
