#include "projection.hpp"

#include "ezapi/json.hpp"

namespace ezapi::features {

namespace {

/// Inserts the value as stored text, so that numbers beyond the precision of a double keep their
/// digits.
std::string flag_json(const Rows& rows, size_t row) {
    std::string out = "{\"name\":";
    append_json_string(out, rows.text(row, 0));
    out += ",\"enabled\":";
    out += rows.boolean(row, 1) ? "true" : "false";
    out += ",\"value\":";
    out += rows.is_null(row, 2) ? std::string_view("null") : rows.text(row, 2);
    out += ",\"description\":";
    append_json_string(out, rows.text(row, 3));
    out += ",\"updated_at\":";
    out += rows.text(row, 4);
    out.push_back('}');
    return out;
}

}  // namespace

Projection projection() {
    return project_rows(std::string(kProjection),
                        Layout::field,
                        "SELECT name, enabled, value, description, "
                        "floor(extract(epoch FROM updated_at))::bigint FROM features",
                        "name",
                        [](const Rows& rows, size_t row, ProjectionSink& sink) {
                            sink.value(rows.text(row, 0), flag_json(rows, row));
                        });
}

}  // namespace ezapi::features
