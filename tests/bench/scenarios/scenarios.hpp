// The benchmarks, by area.
#pragma once

#include "tests/bench/scenario.hpp"

namespace ezapi::bench {

void measure_ingest(Run& run);         // bodies of 100 records
void measure_ingest_single(Run& run);  // bodies of one record
void measure_flush(Run& run);
void measure_statistics(Run& run);
void measure_visibility(Run& run);
void measure_group_change(Run& run);
void measure_burst(Run& run);
void measure_full_push(Run& run);
void measure_comparison_cost(Run& run);
void measure_api(Run& run);

}  // namespace ezapi::bench
