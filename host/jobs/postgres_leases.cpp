#include "host/jobs/postgres_leases.hpp"

#include <array>
#include <utility>

#include "host/db/pools.hpp"

namespace ezapi::host::jobs {
namespace {

constexpr std::string_view kPool = "main";

// The holder's own row may be taken again: a job never overlaps itself within a process, so if the
// row is still ours, its release did not reach the database.
constexpr std::string_view kAcquire =
    "INSERT INTO ez_job_leases AS held (name, owner, fence, expires_at) "
    "VALUES ($1, $2, 1, clock_timestamp() + $3::bigint * interval '1 millisecond') "
    "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, "
    "fence = held.fence + CASE WHEN held.owner = excluded.owner THEN 0 ELSE 1 END, "
    "expires_at = excluded.expires_at "
    "WHERE (held.expires_at <= clock_timestamp() OR held.owner = excluded.owner) "
    "AND (held.last_run_at IS NULL OR "
    "held.last_run_at + $4::bigint * interval '1 millisecond' <= clock_timestamp()) "
    "RETURNING fence";

constexpr std::string_view kRenew =
    "UPDATE ez_job_leases SET expires_at = clock_timestamp() + $4::bigint * interval '1 "
    "millisecond' "
    "WHERE name = $1 AND owner = $2 AND fence = $3::bigint AND expires_at > clock_timestamp()";

constexpr std::string_view kRelease =
    "UPDATE ez_job_leases SET expires_at = clock_timestamp(), last_run_at = clock_timestamp(), "
    "last_error = nullif($4, '') WHERE name = $1 AND owner = $2 AND fence = $3::bigint";

}  // namespace

PostgresLeases::PostgresLeases(db::Pools& pools, std::string holder, Milliseconds life)
    : pools_(pools), holder_(std::move(holder)), life_(life) {}

std::optional<int64_t> PostgresLeases::acquire(const std::string& job, Milliseconds rest) {
    const std::string since = std::to_string(rest.count());
    const std::string life = std::to_string(life_.count());
    const std::array<ez_value, 4> params = {
        db::param(job), db::param(holder_), db::param(life), db::param(since)};
    const db::Rows rows = pools_.query(kPool, kAcquire, params);
    return rows.empty() ? std::nullopt : std::optional(rows.integer(0, 0));
}

bool PostgresLeases::renew(const std::string& job, int64_t fence) {
    const std::string number = std::to_string(fence);
    const std::string life = std::to_string(life_.count());
    const std::array<ez_value, 4> params = {
        db::param(job), db::param(holder_), db::param(number), db::param(life)};
    return pools_.query(kPool, kRenew, params).affected() == 1;
}

void PostgresLeases::release(const std::string& job, int64_t fence, const std::string& error) {
    const std::string number = std::to_string(fence);
    const std::array<ez_value, 4> params = {
        db::param(job), db::param(holder_), db::param(number), db::param(error)};
    static_cast<void>(pools_.query(kPool, kRelease, params));
}

}  // namespace ezapi::host::jobs
