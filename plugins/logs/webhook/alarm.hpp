// Raises alerts: when the errors in the window reach the threshold and the cooldown since the last
// alert is over. The alert and its time are written together, on the condition that no other
// process has raised one meanwhile, so that only one of several processes does.
#pragma once

#include "ezapi/db.hpp"
#include "webhook/settings.hpp"

namespace ezapi::logs {

class Alarm {
public:
    /// `main` holds the webhook, `logs` the request records.
    Alarm(Db main, Db logs) : main_(std::move(main)), logs_(std::move(logs)) {}

    /// True when an alert was raised.
    [[nodiscard]] bool check(Timestamp now) const;

private:
    Db main_;
    Db logs_;
};

}  // namespace ezapi::logs
