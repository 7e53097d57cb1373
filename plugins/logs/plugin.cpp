// Logs: request records and counters of the data plane, their statistics, alerts by webhook, and
// the operation log of admins and masters.
#include "ezapi/plugin.hpp"

#include "audit/command.hpp"
#include "audit/journal.hpp"
#include "audit/recorder.hpp"
#include "counters/flush.hpp"
#include "ingest/ingest.hpp"
#include "query/records.hpp"
#include "query/reports.hpp"
#include "realtime/realtime.hpp"
#include "retention/retention.hpp"
#include "rollup/rollups.hpp"
#include "settings.hpp"
#include "webhook/webhook.hpp"

namespace ezapi::logs {

namespace {

class Logs {
public:
    explicit Logs(Host& host)
        : journal_(host),
          ingest_(host),
          retention_(host),
          rollups_(host),
          counters_(host),
          realtime_(host),
          records_(host.db("logs"), time_limit(host)),
          reports_(host.db("logs"), time_limit(host)),
          webhook_(host, webhook_options(host.settings())) {
        host.on_change(
            "*", Phase::audit, [](Tx& tx, Changes changes) { record_operations(tx, changes); });
        journal_.serve(host);
        host.publish("command.logs/1", AuditCommand::kTable, &command_);
        counters_.serve(host);
        realtime_.serve(host);
        records_.serve(host);
        reports_.serve(host);
        webhook_.serve(host);
    }

private:
    static std::chrono::milliseconds time_limit(const Host& host) {
        return std::chrono::milliseconds(host.settings().at("query_timeout_ms").get<int>());
    }

    Journal journal_;
    AuditCommand command_{journal_.verification()};
    Ingest ingest_;
    Retention retention_;
    Rollups rollups_;
    CounterFlush counters_;
    Realtime realtime_;
    Records records_;
    Reports reports_;
    Webhook webhook_;
};

}  // namespace

}  // namespace ezapi::logs

EZ_PLUGIN(ezapi::logs::Logs,
          .name = "logs",
          .version = "1.0.0",
          .after = {"masters", "keys"},
          .settings = ezapi::logs::kSettings);
