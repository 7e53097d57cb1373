// Logs: what the data plane served, and what operators and masters changed.
#include "ezapi/plugin.hpp"

#include "audit/journal.hpp"
#include "audit/recorder.hpp"
#include "ingest/ingest.hpp"
#include "settings.hpp"

namespace ezapi::logs {

namespace {

class Logs {
public:
    explicit Logs(Host& host) : journal_(host.db()), ingest_(host) {
        host.on_change(
            "*", Phase::record, [](Tx& tx, Changes changes) { record_operations(tx, changes); });
        journal_.serve(host);
    }

private:
    Journal journal_;
    Ingest ingest_;
};

}  // namespace

}  // namespace ezapi::logs

EZ_PLUGIN(ezapi::logs::Logs,
          .name = "logs",
          .version = "1.0.0",
          .settings = ezapi::logs::kSettings);
