#include "projection.hpp"

#include "ezapi/json.hpp"

namespace ezapi::namespaces {

Projection projection() {
    return project_rows(
        std::string(kProjection),
        Layout::field,
        "SELECT name, status, description, floor(extract(epoch FROM updated_at))::bigint "
        "FROM namespaces",
        "name",
        [](const Rows& rows, size_t row, ProjectionSink& sink) {
            sink.value(rows.text(row, 0),
                       dump_json({{"name", rows.text(row, 0)},
                                  {"status", rows.text(row, 1)},
                                  {"description", rows.text(row, 2)},
                                  {"updated_at", rows.integer(row, 3)}}));
        });
}

}  // namespace ezapi::namespaces
