// The jobs and the route that maintain the statistics.
#pragma once

#include "ezapi/plugin.hpp"
#include "rollup/folding.hpp"
#include "rollup/rebuild.hpp"
#include "rollup/summaries.hpp"

namespace ezapi::logs {

class Rollups {
public:
    explicit Rollups(Host& host);

private:
    [[nodiscard]] Response rebuild(const Request& request) const;

    const Db main_;
    const Folding folding_;
    const Summaries summaries_;
    const Rebuild rebuild_;
};

}  // namespace ezapi::logs
