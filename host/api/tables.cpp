#include "host/api/tables.hpp"

#include "ezapi/str.hpp"
#include "host/modules/context.hpp"

namespace ezapi::host::api {

ez_host host_tables(std::string_view instance) noexcept {
    ez_host host{};
    host.size = sizeof(ez_host);
    host.abi_major = EZ_ABI_MAJOR;
    host.abi_minor = EZ_ABI_MINOR;
    host.instance = str(instance);
    host.log = &kLog;
    host.config = &kConfig;
    host.metrics = &kMetrics;
    host.db = &kDb;
    host.http = &kHttp;
    host.redis = &kRedis;
    host.jobs = &kJobs;
    host.changes = &kChanges;
    host.services = &kServices;
    return host;
}

}  // namespace ezapi::host::api
