// Which statements one connection has prepared, by their text: the least recently used one is
// evicted when there are too many. Bookkeeping only: the caller talks to the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ezapi::host::db {

/// True for statements that change session state, so that the connection must not be reused by
/// another caller: SET without LOCAL, session-level advisory locks, LISTEN, PREPARE and the like.
[[nodiscard]] bool leaves_session_state(std::string_view sql);

class StatementCache {
public:
    struct Statement {
        std::string name;  // of the prepared statement on the server
        bool leaves_state = false;
    };

    explicit StatementCache(size_t limit) : limit_(limit) {}

    /// NULL: not prepared. A hit becomes the most recently used.
    [[nodiscard]] const Statement* find(std::string_view sql);

    /// The name of the statement that must be deallocated before another one is added, removed from
    /// here.
    [[nodiscard]] std::optional<std::string> evict();

    /// A name that this connection has never used.
    [[nodiscard]] std::string next_name();

    const Statement& add(std::string_view sql, std::string name);
    void forget(std::string_view sql);

    [[nodiscard]] size_t size() const noexcept { return by_text_.size(); }

private:
    struct Entry {
        std::string sql;
        Statement statement;
    };

    using Entries = std::list<Entry>;  // most recently used first

    size_t limit_;
    uint64_t names_ = 0;
    Entries entries_;
    std::unordered_map<std::string_view, Entries::iterator> by_text_;  // keys live in the entries
};

}  // namespace ezapi::host::db
