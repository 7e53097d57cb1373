#include "query/grouping.hpp"

#include <algorithm>
#include <array>

#include "ezapi/error.hpp"
#include "ezapi/json.hpp"
#include "ezapi/time.hpp"

namespace ezapi::logs {
namespace {

using Form = Grouping::Form;

// The total is the same over any dimension; `status` has the fewest rows.
constexpr std::array<Grouping, 9> kGroupings{{
    {"model", "model", Form::text, "model", "value", "model", "value", "model", "model", false},
    {"master",
     "master_id",
     Form::id,
     "master",
     "value",
     "master",
     "value",
     "master_id::text",
     "coalesce(master_id, 0)::text",
     true},
    {"key",
     "key_id",
     Form::id,
     "key",
     "value",
     "key",
     "value",
     "key_id::text",
     "coalesce(key_id, 0)::text",
     true},
    {"provider",
     "provider_id",
     Form::id,
     "provider",
     "value",
     "provider",
     "value",
     "provider_id::text",
     "coalesce(provider_id, 0)::text",
     false},
    {"provider_group",
     "provider_group_id",
     Form::id,
     "status",
     "value",
     "status",
     "value",
     "provider_group_id::text",
     "coalesce(provider_group_id, 0)::text",
     false,
     false},
    {"namespace",
     "namespace",
     Form::text,
     "namespace",
     "value",
     "namespace",
     "value",
     "namespace",
     "namespace",
     false},
    {"status",
     "status_code",
     Form::status,
     "status",
     "value",
     "status",
     "value",
     "status_class::text",
     "(status_code / 100)::text",
     false},
    {"hour",
     "hour",
     Form::time,
     "hour",
     "(starts + value::integer * interval '1 hour')::text",
     "status",
     "starts::text",
     "hour::text",
     "date_trunc('hour', created_at)::text",
     false},
    {"day",
     "day",
     Form::time,
     "status",
     "starts::text",
     "status",
     "date_trunc('day', starts)::text",
     "date_trunc('day', hour)::text",
     "date_trunc('day', created_at)::text",
     false},
}};

}  // namespace

void Grouping::append_group(std::string& out, std::string_view value) const {
    out.push_back('"');
    out += name;
    out += "\":";
    switch (form) {
        case Form::text:
            append_json_string(out, value);
            break;
        case Form::id:
            out += value == "0" || value.empty() ? "null" : value;
            break;
        case Form::status:
            append_json_string(out, std::string(value) + "xx");
            break;
        case Form::time:
            out.push_back('"');
            append_pg_time(out, value);
            out.push_back('"');
            break;
    }
}

std::span<const Grouping> groupings() {
    return kGroupings;
}

const Grouping& grouping(std::string_view name) {
    const auto found = std::find_if(kGroupings.begin(),
                                    kGroupings.end(),
                                    [&](const Grouping& each) { return each.name == name; });
    if (found == kGroupings.end())
        throw Error(EZ_INTERNAL, "statistics: no grouping '" + std::string(name) + "'");
    return *found;
}

}  // namespace ezapi::logs
