#include "host/db/dsn.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "ezapi/error.hpp"
#include "host/config/nearest.hpp"

namespace ezapi::host::db {
namespace {

[[noreturn]] void refuse(std::string_view setting, const std::string& why) {
    throw Error(EZ_INVALID, std::string(setting) + ": " + why);
}

/// The keys of libpq.
std::set<std::string, std::less<>> known_keys() {
    std::set<std::string, std::less<>> out;
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> known(PQconndefaults(),
                                                                               PQconninfoFree);
    for (const PQconninfoOption* option = known.get();
         option != nullptr && option->keyword != nullptr;
         ++option)
        out.insert(option->keyword);
    return out;
}

/// One pair of the string. Messages quote only keys that libpq has: anything else may be part of a
/// password.
class Word {
public:
    Word(std::string_view setting, std::string_view text, size_t place)
        : setting_(setting), text_(text), place_(place), middle_(text.find('=')) {}

    /// Adds its key to those that were there before.
    void check(const std::set<std::string, std::less<>>& known, std::set<std::string>& keys) const {
        if (text_.empty())
            refuse(setting_, "two spaces in a row, expected key=value pairs separated by one");
        if (middle_ == std::string_view::npos || middle_ == 0) {
            refuse(setting_,
                   "a word without '='; values with spaces cannot be written here, use passfile= "
                   "for such a password");
        }
        const std::string key(text_.substr(0, middle_));
        if (!known.empty() && !known.contains(key)) refuse_key(known, key);
        check_value(key, text_.substr(middle_ + 1));
        if (!keys.insert(key).second) refuse(setting_, "key '" + key + "' appears twice");
    }

private:
    [[noreturn]] void refuse_key(const std::set<std::string, std::less<>>& known,
                                 const std::string& key) const {
        const std::vector<std::string> names(known.begin(), known.end());
        const std::string close = config::nearest(key, names);
        refuse(setting_,
               "the key of pair " + std::to_string(place_) + " (not shown) is none of libpq" +
                   (close.empty() ? "" : "; did you mean " + close + "?"));
    }

    void check_value(const std::string& key, std::string_view value) const {
        if (value.empty()) refuse(setting_, "key '" + key + "' has no value, leave it out instead");
        if (value.find_first_of("'\"\\\t\r\n") == std::string_view::npos) return;
        refuse(setting_,
               "the value of '" + key +
                   "' contains a quote, a backslash or a control character, which cannot be "
                   "written here; use passfile= for such a password");
    }

    std::string_view setting_;
    std::string_view text_;
    size_t place_;
    size_t middle_;
};

}  // namespace

void check_dsn(std::string_view setting, std::string_view dsn) {
    if (dsn.empty())
        refuse(setting, "is empty, expected e.g. \"host=127.0.0.1 dbname=ezapi user=ezapi\"");
    if (dsn.find("://") != std::string_view::npos && dsn.find("://") < dsn.find('=')) {
        refuse(setting, "is a URI, expected key=value pairs, e.g. \"host=127.0.0.1 dbname=ezapi\"");
    }
    const auto known = known_keys();
    std::set<std::string> keys;
    size_t place = 0;
    for (size_t start = 0; start <= dsn.size();) {
        const size_t end = std::min(dsn.find(' ', start), dsn.size());
        Word(setting, dsn.substr(start, end - start), ++place).check(known, keys);
        start = end + 1;
    }
}

std::string with_connect_timeout(std::string_view dsn, std::chrono::milliseconds limit) {
    std::string result(dsn);
    if (dsn.starts_with("connect_timeout=") ||
        dsn.find(" connect_timeout=") != std::string_view::npos) {
        return result;
    }
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit).count();
    result += " connect_timeout=" + std::to_string(std::max<long long>(2, seconds));
    return result;
}

}  // namespace ezapi::host::db
