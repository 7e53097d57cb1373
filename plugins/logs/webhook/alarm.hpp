// Decides when there is an alert: the errors of the window have reached the threshold and the last
// alert is longer ago than the cooldown. The alert and the time of the last one are written
// together, on the condition that nobody else has raised one meanwhile, so that of several
// processes one does.
#pragma once

#include "ezapi/db.hpp"
#include "webhook/settings.hpp"

namespace ezapi::logs {

class Alarm {
public:
    /// `logs`: the database of the request records.
    Alarm(Db main, Db logs) : main_(std::move(main)), logs_(std::move(logs)) {}

    /// Whether an alert was raised.
    [[nodiscard]] bool check(Timestamp now) const;

private:
    Db main_;
    Db logs_;
};

}  // namespace ezapi::logs
