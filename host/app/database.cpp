#include "host/app/database.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

#include "ezapi/error.hpp"
#include "host/app/main_loop.hpp"
#include "host/db/dsn.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/redact.hpp"

namespace ezapi::host::app {
namespace {

constexpr std::chrono::milliseconds kPause{500};
constexpr std::chrono::milliseconds kConnectLimit{2000};

/// libpq's message as one line.
std::string words_of(const PGconn* connection) {
    std::string text = PQerrorMessage(connection);
    for (const char blank : {'\n', '\t'}) std::replace(text.begin(), text.end(), blank, ' ');
    text.erase(text.find_last_not_of(' ') + 1);
    return telemetry::redact(text);
}

/// Empty: the server accepts the connection.
std::string refusal_of(const std::string& dsn) {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(dsn.c_str()), PQfinish);
    return PQstatus(connection.get()) == CONNECTION_OK ? "" : words_of(connection.get());
}

}  // namespace

void wait_for_database(const std::string& setting,
                       const std::string& dsn,
                       std::chrono::milliseconds limit,
                       MainLoop& loop) {
    const std::string timed = db::with_connect_timeout(dsn, kConnectLimit);
    const auto deadline = std::chrono::steady_clock::now() + limit;
    bool told = false;
    while (true) {
        const PGPing answer = PQping(timed.c_str());
        const std::string refusal = refusal_of(timed);
        if (refusal.empty()) return;
        // Only an unreachable server or one that is starting up is worth waiting for.
        const bool away = answer == PQPING_NO_RESPONSE || answer == PQPING_REJECT;
        if (!away) throw Error(EZ_UNAVAILABLE, setting + ": the database refuses: " + refusal);
        if (std::chrono::steady_clock::now() >= deadline) {
            throw Error(EZ_UNAVAILABLE,
                        setting + ": the database did not answer within " +
                            std::to_string(limit.count() / 1000) + " s: " + refusal);
        }
        if (!told)
            telemetry::log(EZ_LOG_WARN, "host", setting + ": waits for the database: " + refusal);
        told = true;
        if (loop.wait_for_end(kPause))
            throw Error(EZ_UNAVAILABLE, "ended by a signal before the database answered");
    }
}

}  // namespace ezapi::host::app
