#include "host/http/policy/guess_log.hpp"

#include <utility>

#include "ezapi/abi.h"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"

namespace ezapi::host::http {

namespace {

constexpr auto kWindow = std::chrono::seconds(60);
constexpr size_t kLines = 20;  // a window

}  // namespace

std::string_view credential_class(int32_t access) noexcept {
    switch (access) {
        case EZ_ADMIN:
            return "admin";
        case EZ_INTERNAL_ONLY:
            return "internal";
        default:
            return "master";
    }
}

void GuessLog::count(int32_t access, const char* reason) noexcept {
    if (metrics_ == nullptr) return;
    try {
        ez_metric* counter = nullptr;
        {
            const std::string kind(credential_class(access));
            const std::lock_guard lock(mutex_);
            ez_metric*& known = counters_[kind + " " + reason];
            if (known == nullptr)
                known = &metrics_->counter("ezapi_http_credentials_refused_total",
                                           "Requests refused for their credential.",
                                           {{"class", kind}, {"reason", reason}});
            counter = known;
        }
        counter->record(1);
    } catch (const std::exception& error) {
        telemetry::log(EZ_LOG_ERROR, "http", error.what());
    }
}

void GuessLog::wrong(int32_t access,
                     std::string_view address,
                     const Guesses::Wrong& wrong,
                     Clock::time_point now) noexcept {
    if (!wrong.is_first && !wrong.begins_lock) return;
    try {
        size_t left_out = 0;
        if (!may_write(now, left_out)) return;
        std::string line(wrong.begins_lock ? "too many wrong " : "wrong ");
        line.append(credential_class(access)).append(" credential");
        line.append(wrong.begins_lock ? "s from " : " from ").append(address);
        if (wrong.begins_lock)
            line.append(": no ")
                .append(credential_class(access))
                .append(" credential from there is accepted for 60 s");
        if (left_out != 0)
            line.append(" (").append(std::to_string(left_out)).append(" such lines left out)");
        telemetry::log(EZ_LOG_WARN, "http", line);
    } catch (const std::exception& error) {
        telemetry::log(EZ_LOG_ERROR, "http", error.what());
    }
}

bool GuessLog::may_write(Clock::time_point now, size_t& left_out) {
    const std::lock_guard lock(mutex_);
    if (now - begin_ >= kWindow) {
        begin_ = now;
        written_ = 0;
    }
    if (written_ == kLines) {
        ++left_out_;
        return false;
    }
    ++written_;
    left_out = std::exchange(left_out_, 0);
    return true;
}

}  // namespace ezapi::host::http
