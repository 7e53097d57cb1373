#include "host/db/statement_cache.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace ezapi::host::db {
namespace {

std::string upper_words(std::string_view sql) {
    std::string text;
    for (const char c : sql) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isspace(byte) == 0) {
            text += static_cast<char>(std::toupper(byte));
        } else if (!text.empty() && text.back() != ' ') {
            text += ' ';
        }
    }
    return text;
}

}  // namespace

bool leaves_session_state(std::string_view sql) {
    const std::string text = upper_words(sql);
    if (text.starts_with("SET ")) {
        return !text.starts_with("SET LOCAL ") && !text.starts_with("SET TRANSACTION ") &&
               !text.starts_with("SET CONSTRAINTS ");
    }
    static constexpr std::array<std::string_view, 6> kStarts{
        "LISTEN ", "PREPARE ", "DEALLOCATE ", "DISCARD ", "RESET ", "LOAD "};
    static constexpr std::array<std::string_view, 5> kParts{
        "PG_ADVISORY_LOCK", "PG_TRY_ADVISORY_LOCK", "CREATE TEMP", "WITH HOLD", "PG_TEMP."};
    const auto starts = [&](std::string_view start) { return text.starts_with(start); };
    const auto contains = [&](std::string_view part) {
        return text.find(part) != std::string::npos;
    };
    // Its third argument tells whether it ends with the transaction.
    const bool sets = contains("SET_CONFIG(") && !contains(", TRUE)");
    return sets || std::any_of(kStarts.begin(), kStarts.end(), starts) ||
           std::any_of(kParts.begin(), kParts.end(), contains);
}

const StatementCache::Statement* StatementCache::find(std::string_view sql) {
    const auto found = by_text_.find(sql);
    if (found == by_text_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->statement;
}

std::optional<std::string> StatementCache::evict() {
    if (entries_.size() < limit_ || entries_.empty()) return std::nullopt;
    std::string name = std::move(entries_.back().statement.name);
    by_text_.erase(entries_.back().sql);
    entries_.pop_back();
    return name;
}

std::string StatementCache::next_name() {
    return "ez" + std::to_string(++names_);
}

const StatementCache::Statement& StatementCache::add(std::string_view sql, std::string name) {
    forget(sql);
    entries_.push_front({std::string(sql), {std::move(name), leaves_session_state(sql)}});
    by_text_.emplace(entries_.front().sql, entries_.begin());
    return entries_.front().statement;
}

void StatementCache::forget(std::string_view sql) {
    const auto found = by_text_.find(sql);
    if (found == by_text_.end()) return;
    const auto entry = found->second;
    by_text_.erase(found);
    entries_.erase(entry);
}

}  // namespace ezapi::host::db
