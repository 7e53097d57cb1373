#include "host/db/dsn.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <set>

#include "ezapi/error.hpp"

namespace ezapi::host::db {
namespace {

[[noreturn]] void refuse(std::string_view setting, const std::string& why) {
    throw Error(EZ_INVALID, std::string(setting) + ": " + why);
}

void check_word(std::string_view setting, std::string_view word, std::set<std::string>& keys) {
    if (word.empty())
        refuse(setting, "two spaces in a row, expected key=value pairs separated by one");
    const size_t middle = word.find('=');
    // Not quoted in the message: it may be the second half of a password with a space in it.
    if (middle == std::string_view::npos || middle == 0) {
        refuse(setting,
               "a word without '='; values with spaces cannot be written here, use passfile= for "
               "such a "
               "password");
    }
    const std::string key(word.substr(0, middle));
    const std::string_view value = word.substr(middle + 1);
    if (value.empty()) refuse(setting, "key '" + key + "' has no value, leave it out instead");
    if (value.find_first_of("'\"\\\t\r\n") != std::string_view::npos) {
        refuse(setting,
               "the value of '" + key +
                   "' contains a quote, a backslash or a control character, which cannot be "
                   "written here; use passfile= for such a password");
    }
    if (!keys.insert(key).second) refuse(setting, "key '" + key + "' appears twice");
}

void check_keys(std::string_view setting, const std::set<std::string>& keys) {
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> known(PQconndefaults(),
                                                                               PQconninfoFree);
    if (known == nullptr) return;
    for (const std::string& key : keys) {
        const PQconninfoOption* option = known.get();
        while (option->keyword != nullptr && key != option->keyword) ++option;
        if (option->keyword == nullptr) refuse(setting, "libpq knows no key '" + key + "'");
    }
}

}  // namespace

void check_dsn(std::string_view setting, std::string_view dsn) {
    if (dsn.empty())
        refuse(setting, "is empty, expected e.g. \"host=127.0.0.1 dbname=ezapi user=ezapi\"");
    if (dsn.find("://") != std::string_view::npos && dsn.find("://") < dsn.find('=')) {
        refuse(setting, "is a URI, expected key=value pairs, e.g. \"host=127.0.0.1 dbname=ezapi\"");
    }
    std::set<std::string> keys;
    for (size_t start = 0; start <= dsn.size();) {
        const size_t end = std::min(dsn.find(' ', start), dsn.size());
        check_word(setting, dsn.substr(start, end - start), keys);
        start = end + 1;
    }
    check_keys(setting, keys);
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
