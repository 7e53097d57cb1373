// POST /internal/logs: parses bodies on the request threads and passes them to the writer.
#pragma once

#include <cstddef>

#include "ezapi/plugin.hpp"
#include "ingest/figures.hpp"
#include "ingest/queue.hpp"
#include "ingest/writer.hpp"

namespace ezapi::logs {

class Ingest {
public:
    explicit Ingest(Host& host);

private:
    void accept(Exchange exchange);
    [[nodiscard]] ParsedBody parse(const Request& request) const;

    const bool committed_;
    const BodyLimits limits_;
    const IngestFigures figures_;
    IngestQueue queue_;
    Writer writer_;  // last member: it drains the queue when the plugin stops
};

}  // namespace ezapi::logs
