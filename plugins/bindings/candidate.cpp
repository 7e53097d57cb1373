#include "candidate.hpp"

#include <set>

namespace ezapi::bindings {

namespace {

Candidate candidate(Binding binding, Groups& groups, Patterns& patterns) {
    Candidate out;
    out.binding = std::move(binding);
    out.error = kConfigError;
    const auto group = groups.find(out.binding.group_id);
    const auto selection = selection_of(out.binding.selector_type);
    if (group == groups.end() || !selection) return out;
    out.group = &group->second;
    const Resolution found = group->second.models.resolve(
        Selector(*selection, out.binding.selector_value, out.binding.public_model), patterns);
    out.hits = found.hits;
    if (!found.resolved()) return out;
    out.model = found.model;
    out.error = group->second.usable_keys.empty() ? kNoProvider : std::string_view();
    return out;
}

}  // namespace

const std::string& select_bindings() {
    static const std::string kSelect =
        "SELECT b.id, b.name, b.namespace, b.public_model, b.group_id, b.route_group, b.weight, "
        "b.selector_type, b.selector_value, b.status, "
        "floor(extract(epoch FROM b.updated_at))::bigint, b.version FROM bindings b ";
    return kSelect;
}

std::vector<Binding> read_bindings(const Rows& rows) {
    std::vector<Binding> out;
    out.reserve(rows.size());
    for (size_t row = 0; row < rows.size(); ++row) {
        const auto text = [&](size_t column) { return std::string(rows.text(row, column)); };
        out.push_back({rows.integer(row, 0),
                       text(1),
                       text(2),
                       text(3),
                       rows.integer(row, 4),
                       text(5),
                       rows.integer(row, 6),
                       text(7),
                       text(8),
                       text(9),
                       rows.integer(row, 10),
                       rows.integer(row, 11)});
    }
    return out;
}

Resolved resolve(Tx& tx, const ProviderGroups& reader, std::vector<Binding> bindings) {
    std::set<std::int64_t> ids;
    for (const Binding& binding : bindings) ids.insert(binding.group_id);
    Resolved out{read_groups(tx, reader, ids), {}, {}};
    out.candidates.reserve(bindings.size());
    for (Binding& binding : bindings)
        out.candidates.push_back(candidate(std::move(binding), out.groups, out.patterns));
    return out;
}

}  // namespace ezapi::bindings
