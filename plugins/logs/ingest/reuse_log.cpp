#include "ingest/reuse_log.hpp"

#include <algorithm>
#include <string>

#include "ezapi/escape.hpp"

namespace ezapi::logs {

void ReuseLog::note(std::span<const RowRef> rows, size_t count, Clock::time_point at) {
    unsaid_ += count;
    if (said_at_ && at - *said_at_ < kBetweenLines) return;
    const auto one = std::find_if(rows.begin(), rows.end(), [](const RowRef& ref) {
        return ref.fate == RowRef::Fate::reused;
    });
    if (one == rows.end()) return;
    log_.warn("request records are refused and not counted, " + std::to_string(unsaid_) +
              " since the last such line: their master has stored another record with their "
              "request id. One is " +
              in_quotes(one->request_id()) + " of master " + std::to_string(one->row->master_id) +
              ", the two differ in " + (one->differs_in == nullptr ? "a field" : one->differs_in));
    unsaid_ = 0;
    said_at_ = at;
}

}  // namespace ezapi::logs
