// Log lines for the operator, written under the plugin's name. Say what happened and what can be
// done about it.
//
//     log_.warn("registry: upstream answered 500, the cached copy stays in use");
#pragma once

#include <string_view>

#include "ezapi/str.hpp"

namespace ezapi {

/// Any thread; cheap to copy.
class Log {
public:
    explicit Log(const ez_host* host) : host_(host) {}

    void debug(std::string_view text) const { write(EZ_LOG_DEBUG, text); }

    void info(std::string_view text) const { write(EZ_LOG_INFO, text); }

    void warn(std::string_view text) const { write(EZ_LOG_WARN, text); }

    void error(std::string_view text) const { write(EZ_LOG_ERROR, text); }

    /// Whether lines of this level are written. Check it before building an expensive line.
    [[nodiscard]] bool writes(int32_t level) const {
        return level >= host_->log->threshold(host_->context);
    }

private:
    void write(int32_t level, std::string_view text) const {
        host_->log->write(host_->context, level, str(text));
    }

    const ez_host* host_;
};

}  // namespace ezapi
