#include "binding.hpp"

#include "pattern.hpp"
#include "snapshot.hpp"

namespace ezapi::bindings {

namespace {

constexpr std::string_view kDefaultRouteGroup = "default";
constexpr std::int64_t kMaxWeight = 1'000'000;

/// The data plane splits a name without a namespace at its first dot, into namespace and model.
void warn_of_dot(Draft& draft) {
    const std::string& model = draft.after.at("public_model").get_ref<const std::string&>();
    const size_t dot = model.find('.');
    if (dot == std::string::npos) return;
    draft.warn("public_model",
               "qualified_name",
               "the name has a dot: clients have to ask for '" +
                   draft.after.at("namespace").get_ref<const std::string&>() + "." + model +
                   "', as '" + model + "' alone is read as model '" + model.substr(dot + 1) +
                   "' of namespace '" + model.substr(0, dot) + "'");
}

void prepare(Tx&, Draft& draft) {
    warn_of_dot(draft);
    if (draft.after.at("route_group") == "") draft.after["route_group"] = kDefaultRouteGroup;
    if (draft.after.at("selector_type") != "regex") return;
    std::string fault =
        pattern_fault(draft.after.at("selector_value").get_ref<const std::string&>());
    if (!fault.empty()) draft.faults.add("selector_value", "pattern", std::move(fault));
}

std::string name_of(const Record& record) {
    return record.data.at("namespace").get_ref<const std::string&>() + "." +
           record.data.at("public_model").get_ref<const std::string&>();
}

void written(Tx& tx, const Record* before, const Record* after) {
    if (before != nullptr) tx.touched(kProjection, name_of(*before));
    if (after != nullptr && (before == nullptr || name_of(*before) != name_of(*after)))
        tx.touched(kProjection, name_of(*after));
}

std::vector<Field> binding_fields() {
    return fields(
        text("namespace")
            .required()
            .length(1, 63)
            .filterable()
            .sortable()
            .about("Name of the namespace in which the model is offered"),
        text("public_model")
            .required()
            .trimmed()
            .length(1, 256)
            .filterable()
            .sortable()
            .searchable()
            .about("The model's name there; may contain dots and slashes. Clients ask for a name "
                   "with a dot as `namespace.public_model`, also in their default namespace, "
                   "because a name is split at its first dot"),
        reference("group_id").required().sortable().about("The provider group that serves it"),
        text("route_group")
            .default_to(kDefaultRouteGroup)
            .guarded()
            .trimmed()
            .length(0, 128)
            .filterable()
            .sortable()
            .about("Tokens of this group are routed here; empty means default"),
        integer("weight")
            .range(0, kMaxWeight)
            .default_to(0)
            .sortable()
            .about("Share of the traffic among the candidates; 0: the data plane's own"),
        choice("selector_type", {"exact", "regex", "normalize_exact"})
            .default_to("exact")
            .filterable()
            .about("How the upstream model is picked among those of the group: by equality, by an "
                   "RE2 pattern that is found in exactly one of them, or by equality in lower case "
                   "of the part behind the last slash"),
        text("selector_value")
            .default_to("")
            .length(0, kMaxPattern)
            .searchable()
            .about("Empty: the public model's name"),
        choice("status", {"active", "suspended"})
            .default_to("active")
            .guarded()
            .filterable()
            .sortable());
}

}  // namespace

ResourceSpec binding_spec() {
    return {
        .name = "bindings",
        .table = "bindings",
        .schema = "Binding",
        .fields = binding_fields(),
        .uniques = {{"bindings_candidate_key",
                     {"namespace", "public_model", "group_id", "route_group"}}},
        .foreigns = {{"bindings_namespace_fkey", "namespace", "namespaces"},
                     {"bindings_group_id_fkey", "group_id", "provider-groups"}},
        .warns = true,
        .prepare = prepare,
        .written = written,
    };
}

std::int64_t count_in_namespace(Tx& tx, std::string_view name) {
    return tx.query("SELECT count(*) FROM bindings WHERE namespace = $1", {name}).integer(0, 0);
}

}  // namespace ezapi::bindings
