// The log, the settings and the metrics of a fake host.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/fake/context.hpp"
#include "ezapi/json.hpp"
#include "ezapi/prefix.hpp"

namespace ezapi::fake {

struct LogLine {
    std::int32_t level = EZ_LOG_INFO;
    std::string text;
};

/// The lines that the plugin wrote.
class LogLines {
public:
    std::int32_t threshold = EZ_LOG_TRACE;

    void write(std::int32_t level, std::string_view text) {
        const std::lock_guard lock(mutex_);
        lines_.push_back({level, std::string(text)});
    }

    [[nodiscard]] std::vector<LogLine> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

    /// Whether any line contains the text.
    [[nodiscard]] bool contains(std::string_view text) const {
        for (const LogLine& line : lines()) {
            if (line.text.find(text) != std::string::npos) return true;
        }
        return false;
    }

private:
    mutable std::mutex mutex_;
    std::vector<LogLine> lines_;
};

/// The plugin's settings as the host resolves them: the values of the test, and the schema's
/// defaults for the others.
class Settings {
public:
    explicit Settings(Json given) : values_(std::move(given)), text_(dump_json(values_)) {}

    void fill_defaults(const char* schema) {
        if (schema == nullptr) return;
        const Json parsed = Json::parse(schema);
        for (const auto& [name, property] : parsed.at("properties").items()) {
            if (property.contains("default")) values_.emplace(name, property.at("default"));
        }
        text_ = dump_json(values_);
    }

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    Json values_;
    std::string text_;
};

/// The time series that the plugin created, by `name` or `name{label="value",...}`.
class MetricTable {
public:
    struct Series {
        std::int32_t kind = EZ_COUNTER;
        double value = 0;  // counter: the sum; gauge: the last; histogram: the sum
        std::int64_t records = 0;
        std::mutex* mutex = nullptr;
        std::int64_t handles = 0;  // created and not yet released
    };

    [[nodiscard]] double value(const std::string& series) const {
        const std::lock_guard lock(mutex_);
        const auto found = series_.find(series);
        return found == series_.end() ? 0 : found->second->value;
    }

    [[nodiscard]] Series& series(const ez_metric_spec& spec) {
        std::string key(view(spec.name));
        for (size_t i = 0; i < spec.label_count; ++i) {
            key += (i == 0 ? "{" : ",") + std::string(view(spec.labels[i].name)) + "=\"" +
                   std::string(view(spec.labels[i].value)) + "\"";
        }
        if (spec.label_count > 0) key += "}";
        const std::lock_guard lock(mutex_);
        auto& held = series_[key];
        if (!held) held = std::make_unique<Series>(Series{spec.kind, 0, 0, &mutex_, 0});
        if (held->kind != spec.kind)
            throw Error(EZ_CONFLICT, "metric " + key + ": exists with another kind");
        ++held->handles;
        return *held;
    }

    [[nodiscard]] bool contains(const std::string& series) const {
        const std::lock_guard lock(mutex_);
        return series_.contains(series);
    }

    void release(const Series* released) {
        const std::lock_guard lock(mutex_);
        std::erase_if(series_, [released](const auto& entry) {
            return entry.second.get() == released && --entry.second->handles == 0;
        });
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Series>> series_;
};

inline const ez_log_api kLog = {
    sizeof(ez_log_api),
    [](ez_context* raw, std::int32_t level, ez_str text) noexcept {
        context_of(raw).log->write(level, view(text));
    },
    [](ez_context* raw) noexcept { return context_of(raw).log->threshold; },
};

inline const ez_config_api kConfig = {
    sizeof(ez_config_api),
    [](ez_context* raw) noexcept { return str(context_of(raw).settings->text()); },
};

inline const ez_metrics_api kMetrics = {
    sizeof(ez_metrics_api),
    [](ez_context* raw, const ez_metric_spec* spec, ez_metric** out, ez_error* error) noexcept {
        return guard(error, [&] {
            *out = reinterpret_cast<ez_metric*>(
                &context_of(raw).metrics->series(taken(spec, "metric")));
        });
    },
    [](ez_metric* raw, double value) noexcept {
        auto* series = reinterpret_cast<MetricTable::Series*>(raw);
        const std::lock_guard lock(*series->mutex);
        series->value = series->kind == EZ_GAUGE ? value : series->value + value;
        ++series->records;
    },
    [](ez_context* raw, ez_metric* released) noexcept {
        context_of(raw).metrics->release(reinterpret_cast<MetricTable::Series*>(released));
    },
};

}  // namespace ezapi::fake
