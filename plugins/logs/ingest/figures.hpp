// The metrics of ingest.
#pragma once

#include <vector>

#include "ezapi/metrics.hpp"
#include "ingest/body.hpp"

namespace ezapi::logs {

struct IngestFigures {
    explicit IngestFigures(const Metrics& metrics)
        : stored(metrics.counter("ezapi_logs_stored_total", "Request records stored.")),
          duplicates(metrics.counter("ezapi_logs_duplicates_total",
                                     "Request records that were stored before.")),
          invalid(refused(metrics, "invalid")),
          queue_full(refused(metrics, "queue_full")),
          unavailable(refused(metrics, "database_unavailable")),
          by_database(refused(metrics, "refused_by_database")),
          reused(refused(metrics, "request_id_reused")),
          lost(refused(metrics, "lost_at_stop")),
          queue_depth(metrics.gauge("ezapi_logs_queue_depth",
                                    "Request records that wait or are being written.")),
          group_records(metrics.histogram("ezapi_logs_write_records",
                                          "Request records written in one transaction.",
                                          {1, 10, 100, 500, 1000, 2500, 5000, 10000})),
          write_seconds(metrics.histogram("ezapi_logs_write_seconds",
                                          "Duration of such a transaction.",
                                          {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5})) {
        const auto of_field = [&metrics](std::string_view field) {
            return metrics.counter("ezapi_logs_repaired_total",
                                   "Request records of which a field was repaired, by field.",
                                   {{"field", field}});
        };
        for (const std::string_view field : RecordReader::names())
            repaired.push_back(of_field(field));
        repaired.push_back(of_field("unknown"));
    }

    void add(const Repairs& repairs) const {
        if (repairs.records == 0) return;
        for (size_t i = 0; i < repaired.size(); ++i)
            repaired[i].add(static_cast<double>(repairs.by_field[i]));
    }

    Counter stored;
    Counter duplicates;
    Counter invalid;
    Counter queue_full;
    Counter unavailable;
    Counter by_database;
    Counter reused;
    Counter lost;
    Gauge queue_depth;
    Histogram group_records;
    Histogram write_seconds;
    std::vector<Counter> repaired;  // by field as Repairs count them

private:
    static Counter refused(const Metrics& metrics, std::string_view reason) {
        return metrics.counter("ezapi_logs_refused_total",
                               "Request records that were not stored, by reason.",
                               {{"reason", reason}});
    }
};

}  // namespace ezapi::logs
