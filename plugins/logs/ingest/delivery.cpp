#include "ingest/delivery.hpp"

#include "ezapi/json.hpp"

namespace ezapi::logs {
namespace {

/// Appends `"name":"value"`.
void append_text(std::string& out, std::string_view name, std::string_view value) {
    out += (out.back() == '{' ? "\"" : ",\"");
    out += name;
    out += "\":";
    append_json_string(out, value);
}

void append(std::string& out, const Refusal& refusal) {
    out += "{\"index\":" + std::to_string(refusal.index);
    append_text(out, "code", refusal.code);
    append_text(out, "message", refusal.message);
    out += ",\"errors\":[";
    for (const FieldFault& fault : refusal.faults) {
        if (&fault != refusal.faults.data()) out.push_back(',');
        out.push_back('{');
        append_text(out, "field", fault.field);
        append_text(out, "code", fault.code);
        append_text(out, "message", fault.message);
        out.push_back('}');
    }
    out += "]}";
}

void append(std::string& out, const Repair& repair) {
    out += "{\"index\":" + std::to_string(repair.index) + ",\"fields\":[";
    const auto append_name = [&out](std::string_view name) {
        if (out.back() != '[') out.push_back(',');
        append_json_string(out, name);
    };
    for (size_t i = 0; i < RecordReader::kCount; ++i) {
        if (((repair.fields >> i) & 1U) != 0) append_name(RecordReader::names()[i]);
    }
    for (const std::string& name : repair.unknown) append_name(name);
    out += "]}";
}

template <class Items>
void append_array(std::string& out, std::string_view name, const Items& items) {
    out += ",\"" + std::string(name) + "\":[";
    for (const auto& item : items) {
        if (&item != items.data()) out.push_back(',');
        append(out, item);
    }
    out.push_back(']');
}

}  // namespace

Response ingest_answer(int status, size_t accepted, size_t duplicates, const ParsedBody& body) {
    std::string out = "{\"accepted\":" + std::to_string(accepted) +
                      ",\"duplicates\":" + std::to_string(duplicates);
    append_array(out, "rejected", body.refused);
    append_array(out, "repaired", body.repairs.listed);
    out += ",\"repaired_records\":" + std::to_string(body.repairs.records) + "}";
    return {status, std::move(out), {}};
}

}  // namespace ezapi::logs
