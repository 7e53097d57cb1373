// The admin sessions in the database: who opened which, and which were revoked. Opening and
// revoking are changes that the operation log records in the same transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/http/policy/access.hpp"
#include "host/http/policy/revocations.hpp"

namespace ezapi::host::db {
class Pools;
}

namespace ezapi::host::http {

class SessionStore {
public:
    static constexpr size_t kPage = 50;
    static constexpr size_t kLongestPage = 500;

    explicit SessionStore(db::Pools& pools)
        : pools_(pools), revocations_(std::make_shared<Revocations>()) {}

    /// For Access, which checks every session against it.
    [[nodiscard]] const std::shared_ptr<Revocations>& revocations() const noexcept {
        return revocations_;
    }

    void opened(const OpenedSession& session, std::string_view client_ip);

    /// JSON, newest first: those that have neither expired nor been revoked. `before` is the
    /// next_cursor of the page before.
    [[nodiscard]] std::string page(size_t limit, std::optional<int64_t> before);

    /// False: there is no such session, or it has already ended.
    [[nodiscard]] bool revoke(const std::string& id);

    /// Reads what other processes have revoked. For a job.
    void refresh();

    /// Deletes sessions that ended at least a day ago, in bounded batches. For a job.
    int64_t purge();

private:
    db::Pools& pools_;
    std::shared_ptr<Revocations> revocations_;
};

}  // namespace ezapi::host::http
