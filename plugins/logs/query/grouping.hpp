// The dimensions by which statistics can be grouped: the expression for the group's value in each
// table, and its form in an answer.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ezapi::logs {

struct Grouping {
    enum class Form { text, id, status, time };

    std::string_view name;
    std::string_view field;  // the name in a record, accepted as an alias
    Form form;
    /// In request_log_summaries, for spans of days and hours: the dimension, and the value of a
    /// row.
    std::string_view day_dimension;
    std::string_view day_value;
    std::string_view hour_dimension;
    std::string_view hour_value;
    std::string_view loose_value;  // in request_log_hours
    std::string_view row_value;    // in request_logs
    /// True when there may be many groups, so that only the largest are read in full.
    bool many;
    bool summed_up = true;  // in request_log_summaries; otherwise only in hours

    [[nodiscard]] bool by_time() const { return form == Form::time; }

    /// Appends `"name":value`.
    void append_group(std::string& out, std::string_view value) const;
};

[[nodiscard]] std::span<const Grouping> groupings();

/// Throws when there is no grouping of this name.
[[nodiscard]] const Grouping& grouping(std::string_view name);

}  // namespace ezapi::logs
