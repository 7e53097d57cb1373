// A clock that the test advances, and leases that the test grants.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "host/jobs/leases.hpp"

namespace ezapi::tests {

struct FakeClock {
    host::jobs::TimePoint now{std::chrono::hours(1)};

    [[nodiscard]] host::jobs::Clock clock() {
        return [this] { return now; };
    }

    void advance(host::jobs::Milliseconds by) { now += by; }
};

class FakeLeases final : public host::jobs::Leases {
public:
    std::optional<int64_t> acquire(const std::string& job, host::jobs::Milliseconds rest) override {
        ++asked;
        last_rest = rest;
        if (away) throw std::runtime_error("database away");
        if (held_elsewhere) return std::nullopt;
        return ++fences[job];
    }

    bool renew(const std::string&, int64_t) override {
        ++renewed;
        if (away) throw std::runtime_error("database away");
        return !held_elsewhere;
    }

    void release(const std::string&, int64_t, const std::string& error) override {
        ++released;
        last_error = error;
    }

    host::jobs::Milliseconds life() const override { return host::jobs::Milliseconds(30000); }

    bool away = false;
    bool held_elsewhere = false;
    int asked = 0;
    int renewed = 0;
    int released = 0;
    host::jobs::Milliseconds last_rest{0};
    std::string last_error;
    std::map<std::string, int64_t> fences;
};

}  // namespace ezapi::tests
