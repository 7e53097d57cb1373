// The object behind `ez_context` in a fake host: a member for each table of the ABI.
#pragma once

#include "ezapi/abi.h"

namespace ezapi::fake {

class LogLines;
class Settings;
class MetricTable;
class Database;
class Web;
class RedisServer;
class JobTable;
class ChangeBus;
class ServiceTable;

struct Context {
    LogLines* log = nullptr;
    Settings* settings = nullptr;
    MetricTable* metrics = nullptr;
    Database* db = nullptr;
    Web* http = nullptr;
    RedisServer* redis = nullptr;
    JobTable* jobs = nullptr;
    ChangeBus* changes = nullptr;
    ServiceTable* services = nullptr;
};

[[nodiscard]] inline Context& context_of(ez_context* raw) {
    return *reinterpret_cast<Context*>(raw);
}

}  // namespace ezapi::fake
