#include "host/app/probes.hpp"

#include <array>
#include <utility>

#include "ezapi/error.hpp"
#include "ezapi/escape.hpp"
#include "ezapi/str.hpp"
#include "host/db/dsn.hpp"
#include "host/db/errors.hpp"
#include "host/db/session.hpp"
#include "host/redis/client.hpp"

namespace ezapi::host::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 1000ms;

/// A lease that no job uses. Leases of processes that have ended are removed a day later.
constexpr std::string_view kWriteRow =
    "WITH gone AS (DELETE FROM ez_job_leases WHERE name LIKE 'health/%' AND expires_at < now()) "
    "INSERT INTO ez_job_leases (name, owner, expires_at) "
    "VALUES ('health/' || $1::text, $1::text, now() + interval '1 day') "
    "ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at";

/// A transaction with an assigned id writes a commit record, even if it changes no table.
constexpr std::string_view kWriteTransaction =
    "SELECT pg_current_xact_id(), current_setting('transaction_read_only')";

[[noreturn]] void refuse(const std::string& why) {
    throw Error(EZ_UNAVAILABLE, why);
}

}  // namespace

DatabaseProbe::DatabaseProbe(const std::string& name,
                             const std::string& dsn,
                             std::string instance,
                             Scratch scratch,
                             std::chrono::milliseconds write_period)
    : settings_(std::make_shared<db::ConnectionSettings>()),
      instance_(std::move(instance)),
      scratch_(scratch),
      turn_(write_period) {
    settings_->pool = "health of " + name;
    settings_->dsn = db::with_connect_timeout(dsn, kPatience);
    settings_->application_name = "ezapi-health";
    settings_->statement_timeout = kPatience;
    settings_->lock_timeout = kPatience;
}

void DatabaseProbe::operator()() {
    try {
        if (connection_ != nullptr && (connection_->broken() || connection_->stale()))
            connection_.reset();
        if (connection_ == nullptr) connection_ = std::make_unique<db::Connection>(settings_);
        connection_->execute("SELECT 1", {});
        if (turn_.due()) write();
    } catch (const db::Unreachable& error) {
        refuse("cannot be reached: " + error.why());
    }
}

void DatabaseProbe::write() {
    turn_.begun();
    try {
        if (scratch_ == Scratch::row) {
            const ez_value instance{str(instance_), 0};
            connection_->execute(kWriteRow, {&instance, 1});
        } else if (connection_->execute(kWriteTransaction, {}).text(0, 1) == "on") {
            refuse("its transactions are read-only");
        }
    } catch (const db::ConnectionLost&) {
        throw;
    } catch (const Error& error) {
        refuse(std::string("takes no changes: ") + error.what() +
               (error.sqlstate().empty() ? "" : " (SQLSTATE " + error.sqlstate() + ")"));
    }
    turn_.succeeded();
}

RedisProbe::RedisProbe(redis::Client& client,
                       const std::string& instance,
                       std::chrono::milliseconds write_period)
    : client_(client), key_("ezapi:health:" + instance), turn_(write_period) {}

void RedisProbe::operator()() {
    try {
        ask();
    } catch (const Error& error) {
        // If the call was not tried because of an earlier failure: that failure's reason.
        const std::string why = client_.last_error();
        refuse(why.empty() ? error.what() : why);
    }
}

void RedisProbe::ask() {
    client_.ping(kPatience);
    if (!turn_.due()) return;
    turn_.begun();
    // A cluster refuses the second command, because its keys are in two slots.
    const std::array<std::string_view, 5> set{"SET", key_, "1", "EX", "60"};
    const std::array<std::string_view, 3> two_slots{"EXISTS", "ezapi:health:a", "ezapi:health:b"};
    const std::array<redis::Command, 2> commands{redis::Command(set), redis::Command(two_slots)};
    const redis::Reply replies = client_.pipeline(commands, kPatience);
    for (const redis::Reply& reply : replies.elements) {
        const std::string code = reply.error_code();
        if (code == "MOVED" || code == "CROSSSLOT" || code == "CLUSTERDOWN" || code == "ASK")
            refuse("it is a cluster, expected a single server: " +
                   escape_controls(reply.text, kMostOfMessage));
        if (reply.is_error())
            refuse("takes no changes: " + escape_controls(reply.text, kMostOfMessage));
    }
    turn_.succeeded();
}

}  // namespace ezapi::host::app
