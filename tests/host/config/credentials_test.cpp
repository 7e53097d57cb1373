#include "host/config/credentials.hpp"

#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <memory>
#include <random>
#include <sstream>

#include "host/config/config.hpp"
#include "host/config/host_settings.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::config {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kCanary = "C4n4ryTail";

TEST(ShownDsn, IsTheAllowListAndNothingElse) {
    EXPECT_EQ(shown_dsn("host=db port=5432 dbname=ez user=ez"),
              "host=db port=5432 dbname=ez user=ez");
    EXPECT_EQ(shown_dsn("host=db password=S3cr&etTail user=ez"), "host=db password=*** user=ez");
    EXPECT_EQ(shown_dsn("host=db pasword=S3cr user=ez"), "host=db ***=*** user=ez");
    EXPECT_EQ(shown_dsn("host='db one' password = 'it\\'s it' user=ez"),
              "host=*** password=*** user=ez");
    EXPECT_EQ(shown_dsn("host=postgres://u:p@h/db"), "host=***");
    EXPECT_THAT(shown_dsn("postgres://u:p@h/db"), HasSubstr("not shown"));
    EXPECT_THAT(shown_dsn("password='open"), HasSubstr("not shown"));
}

/// The same texts are accepted, with the same values, as by libpq.
TEST(ParseDsn, FollowsTheGrammarOfLibpq) {
    std::mt19937 random(20);
    const std::vector<std::string> parts{"host",
                                         "user",
                                         "password",
                                         "=",
                                         "=",
                                         "=",
                                         " ",
                                         " ",
                                         "'",
                                         "\\",
                                         "a",
                                         "b&c",
                                         ";",
                                         "\t",
                                         "'x y'"};
    int taken = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string text = i % 2 == 0 ? "" : "host=a user=";
        const size_t count = random() % 9;
        for (size_t part = 0; part < count; ++part) text += parts[random() % parts.size()];
        const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
            PQconninfoParse(text.c_str(), nullptr), PQconninfoFree);
        const auto pairs = parse_dsn(text);
        if (options == nullptr) continue;  // it may have a key that libpq does not know
        ++taken;
        ASSERT_TRUE(pairs) << text;
        for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
            std::string last;
            for (const auto& [key, value] : *pairs) {
                if (key == option->keyword) last = value;
            }
            EXPECT_EQ(last, option->val == nullptr ? "" : option->val) << text;
        }
    }
    EXPECT_GT(taken, 500);
}

/// Places where a credential is written by mistake; `%` stands for the credential.
std::vector<std::string> mistakes() {
    std::vector<std::string> out{"user:%@host:6379",
                                 "redis://:%@host:6379/0",
                                 "redis://user:pa/%@host",
                                 "postgres://ez:%@db/ez",
                                 "https://user:%@example.com/x",
                                 "host=db pasword=%",
                                 "host=db PGPASSWORD=%",
                                 "host=db password=eins %=x",
                                 "host=db password=eins key%=x",
                                 "host=db password = %",
                                 "host=db user=a:%@b",
                                 "host=a@% dbname=b",
                                 "--requirepass=%",
                                 "Bearer %",
                                 "sk-%%%%",
                                 "token=%",
                                 "{\"password\":\"%\"}"};
    for (const char* before : {"", "x", "'", "\"", "a b"}) {
        for (const char* middle :
             {"&", ";", ",", ")", "]", "}", "'", "\"", "\\", "\\ ", "/", "?", "#", "@", ":", "="}) {
            out.push_back(std::string("host=db password=") + before + middle + "%");
            out.push_back(std::string("host=db password='") + before + middle + "%'");
            out.push_back(std::string("redis://:") + before + middle + "%@host:1");
        }
    }
    for (std::string& text : out) {
        for (size_t at = text.find('%'); at != std::string::npos; at = text.find('%'))
            text.replace(at, 1, kCanary);
    }
    return out;
}

TEST(Canaries, InNoSettingAreShownWhetherItIsValidOrNot) {
    int tried = 0;
    for (const Setting& setting : host_settings()) {
        for (const std::string& value : mistakes()) {
            Inputs inputs;
            inputs.candidates.clear();
            inputs.environment[setting.env] = value;
            Config config = Config::load(inputs);
            // The remaining texts are refused later, by code that does not know that they are
            // settings.
            if (config.faults().empty())
                config.refuse(setting.key, "'" + value + "' is refused by a rule of another place");
            std::string shown;
            for (const Resolved& line : config.resolved()) shown += line.value + "\n";
            for (const Fault& fault : config.faults()) shown += fault.text() + "\n";
            for (const std::string& warning : config.check_unknown_keys(true))
                shown += warning + "\n";
            // A list is split at commas, so each item is checked alone.
            EXPECT_THAT(shown, Not(HasSubstr(std::string(kCanary))))
                << setting.key << " = " << value;
            ++tried;
        }
    }
    std::cout << tried << " settings and values\n";
}

TEST(Canaries, AreMaskedInALogLine) {
    std::string line;
    telemetry::set_sink([&](std::string_view text) { line = text; });
    for (const std::string& value : mistakes()) {
        // An address without its scheme and a mistyped key look like other text; the callers keep
        // them out of messages.
        const bool known = value.find("password") != std::string::npos ||
                           value.find("://") != std::string::npos ||
                           value.find("token=") != std::string::npos || value.starts_with("Bearer");
        const bool odd =
            value.find("eins") != std::string::npos || value.find(" b") != std::string::npos;
        if (!known || odd) continue;
        telemetry::log(EZ_LOG_ERROR, "test", "cannot use " + value + " here");
        EXPECT_THAT(line, Not(HasSubstr(std::string(kCanary)))) << value;
    }
    telemetry::set_sink({});
}

}  // namespace
}  // namespace ezapi::host::config
