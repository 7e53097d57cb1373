// By what statistics are grouped: where the value of a group stands in each of the tables, and how
// it looks in an answer.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ezapi::logs {

struct Grouping {
    enum class Form { text, id, status, time };

    std::string_view name;
    std::string_view field;  // of a record: the other name that requests may use
    Form form;
    /// Of request_log_summaries, in days and in hours: the dimension, and the value of a row.
    std::string_view day_dimension;
    std::string_view day_value;
    std::string_view hour_dimension;
    std::string_view hour_value;
    std::string_view loose_value;  // in request_log_hours
    std::string_view row_value;    // in request_logs
    /// Whether there may be so many groups that only the largest are looked at closely.
    bool many;
    bool summed_up = true;  // in request_log_summaries; of hours otherwise

    [[nodiscard]] bool by_time() const { return form == Form::time; }

    /// Appends `"name":value`.
    void append_group(std::string& out, std::string_view value) const;
};

[[nodiscard]] std::span<const Grouping> groupings();

/// Throws when there is none of the name.
[[nodiscard]] const Grouping& grouping(std::string_view name);

}  // namespace ezapi::logs
