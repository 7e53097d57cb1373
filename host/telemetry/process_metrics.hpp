// What Prometheus' own client libraries tell about a process: processor time, memory, descriptors,
// start.
#pragma once

namespace ezapi::host::telemetry {

class Metrics;

/// Adds process_* series that are read at each exposition.
void add_process_metrics(Metrics& metrics);

}  // namespace ezapi::host::telemetry
