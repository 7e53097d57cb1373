// The host as a plugin sees it: the tables of functions, and all of them in one struct.
#pragma once

#include <string_view>

#include "ezapi/abi.h"

namespace ezapi::host::api {

// Each is defined in the file of its name.
extern const ez_log_api kLog;
extern const ez_config_api kConfig;
extern const ez_metrics_api kMetrics;
extern const ez_db_api kDb;
extern const ez_http_api kHttp;
extern const ez_redis_api kRedis;
extern const ez_jobs_api kJobs;
extern const ez_changes_api kChanges;
extern const ez_services_api kServices;

/// `instance` must outlive every plugin. The caller sets the context for each plugin.
[[nodiscard]] ez_host host_tables(std::string_view instance) noexcept;

}  // namespace ezapi::host::api
