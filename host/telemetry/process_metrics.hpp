// The process metrics of Prometheus' client libraries: processor time, memory, descriptors, start
// time.
#pragma once

namespace ezapi::host::telemetry {

class Metrics;

/// Adds process_* series that are read at each exposition.
void add_process_metrics(Metrics& metrics);

}  // namespace ezapi::host::telemetry
