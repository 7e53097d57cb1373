#include "model_snapshot.hpp"

#include <array>

#include "ezapi/base/crypto.hpp"
#include "ezapi/json.hpp"

namespace ezapi::models {

namespace {

constexpr const char* kSelect =
    "SELECT name, kind, context_window, max_output_tokens, cost_per_token, supports_vision, "
    "supports_functions, supports_tool_choice, supports_fim, supports_stream FROM models";
constexpr std::int64_t kPage = 1000;
constexpr size_t kVersionLength = 12;

constexpr std::array kLimits{"context_window", "max_output_tokens"};
constexpr std::array kAbilities{"supports_vision",
                                "supports_functions",
                                "supports_tool_choice",
                                "supports_fim",
                                "supports_stream"};

bool is_zero(std::string_view number) {
    return number.find_first_of("123456789") == std::string_view::npos;
}

/// Unknown and false values are omitted, as data planes expect. A limit of zero means unknown; a
/// price of zero is a price.
std::string snapshot(const Rows& rows, size_t row) {
    std::string out = "{\"name\":";
    append_json_string(out, rows.text(row, 0));
    out += ",\"kind\":";
    append_json_string(out, rows.text(row, 1));
    size_t column = 2;
    for (const char* limit : kLimits) {
        const std::string_view text = rows.text(row, column++);
        if (!is_zero(text)) out.append(",\"").append(limit).append("\":").append(text);
    }
    const std::string_view price = rows.text(row, column++);
    if (!price.empty()) out.append(",\"cost_per_token\":").append(is_zero(price) ? "0" : price);
    for (const char* ability : kAbilities) {
        if (rows.boolean(row, column++)) out.append(",\"").append(ability).append("\":true");
    }
    return out + "}";
}

ProjectionSink::Fields models_meta(Tx& tx) {
    const Rows rows = tx.query(
        "SELECT floor(extract(epoch FROM m.changed_at))::bigint, r.version, r.source, "
        "r.upstream_url, r.upstream_ref FROM models_meta m CROSS JOIN model_registry r");
    const std::string checksum = models_checksum(tx);
    const std::string_view version = rows.text(0, 1);
    ProjectionSink::Fields out{
        {"version", std::string(version.empty() ? checksum.substr(0, kVersionLength) : version)},
        {"updated_at", std::string(rows.text(0, 0))},
        {"source", std::string(rows.text(0, 2))},
        {"checksum", checksum}};
    if (!rows.text(0, 3).empty()) out.emplace_back("upstream_url", rows.text(0, 3));
    if (!rows.text(0, 4).empty()) out.emplace_back("upstream_ref", rows.text(0, 4));
    return out;
}

}  // namespace

Projection model_projection() {
    return project_rows(std::string(kModels),
                        Layout::field,
                        kSelect,
                        "name",
                        [](const Rows& rows, size_t row, ProjectionSink& sink) {
                            sink.value(rows.text(row, 0), snapshot(rows, row));
                        });
}

std::string models_checksum(Tx& tx) {
    Sha256 digest;
    std::string last;
    for (;;) {
        const Rows rows = tx.query(std::string(kSelect) + " WHERE name > $1 ORDER BY name LIMIT $2",
                                   {last, kPage});
        for (size_t row = 0; row < rows.size(); ++row) {
            digest.add(rows.text(row, 0));
            digest.add("\n");
            digest.add(snapshot(rows, row));
            digest.add("\n");
        }
        if (rows.size() < kPage) return to_hex(digest.finish());
        last = rows.text(rows.size() - 1, 0);
    }
}

Projection models_meta_projection() {
    Projection out;
    out.resource = kMeta;
    out.layout = Layout::plain_hash;
    out.render = [](Tx& tx, std::span<const std::string_view> ids, ProjectionSink& sink) {
        for (const std::string_view id : ids) {
            if (id == kModelsMeta) sink.hash(id, models_meta(tx));
        }
    };
    out.scan = [](Tx& tx, std::string_view after, size_t limit, ProjectionSink& sink) {
        if (limit > 0 && after < kModelsMeta) sink.hash(kModelsMeta, models_meta(tx));
    };
    return out;
}

void keep_change_time(Host& host) {
    host.on_change(kMeta, Phase::derive, [](Tx& tx, Changes) {
        tx.query("UPDATE models_meta SET changed_at = greatest(changed_at, now())");
    });
}

}  // namespace ezapi::models
