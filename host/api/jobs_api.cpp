// The ABI's `jobs`.
#include "ezapi/error.hpp"
#include "ezapi/prefix.hpp"
#include "host/api/tables.hpp"
#include "host/jobs/scheduler.hpp"
#include "host/modules/context.hpp"

namespace ezapi::host::api {
namespace {

ez_status every(ez_context* context, const ez_job* job, ez_error* error) noexcept {
    return guard(error, [&] { context->host->jobs->every(context->plugin, taken(job, "job")); });
}

ez_status trigger(ez_context* context, ez_str name, ez_error* error) noexcept {
    return guard(error, [&] { context->host->jobs->trigger(context->plugin, view(name)); });
}

int32_t stopping(const ez_run* run) noexcept {
    return run->stopping() ? 1 : 0;
}

int64_t fence(const ez_run* run) noexcept {
    return run->fence;
}

}  // namespace

const ez_jobs_api kJobs = {sizeof(ez_jobs_api), every, trigger, stopping, fence};

}  // namespace ezapi::host::api
