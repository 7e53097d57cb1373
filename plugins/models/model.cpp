#include "model.hpp"

#include "model_name.hpp"
#include "model_snapshot.hpp"

namespace ezapi::models {

namespace {

constexpr std::int64_t kMaxTokens = 1000000000;

void check_source(Draft& draft) {
    if (draft.after.at("source") != "registry") return;
    if (draft.creates()) {
        draft.faults.add("source", "read_only", "only the registry creates models of this source");
        return;
    }
    // A write that does not set the source overrides the registry, which is what `manual` means.
    if (!draft.changes("source") && draft.after != *draft.before) draft.after["source"] = "manual";
}

/// The data plane splits a name without a namespace at its first dot, into namespace and model.
void warn_of_dot(Draft& draft) {
    const std::string& name = draft.after.at("name").get_ref<const std::string&>();
    const std::string model = name.substr(namespace_of(name).size() + 1);
    const size_t dot = model.find('.');
    if (dot == std::string::npos) return;
    draft.warn("name",
               "qualified_name",
               "the public model's name has a dot: clients have to ask for '" + name + "', as '" +
                   model + "' alone is read as model '" + model.substr(dot + 1) +
                   "' of namespace '" + model.substr(0, dot) + "'");
}

void touch(Tx& tx, const Record* before, const Record* after) {
    if (before != nullptr && after != nullptr && before->data == after->data) return;
    const auto name = [](const Record& record) {
        return record.data.at("name").get_ref<const std::string&>();
    };
    if (before != nullptr) tx.touched(kModels, name(*before));
    if (after != nullptr && (before == nullptr || name(*before) != name(*after)))
        tx.touched(kModels, name(*after));
    tx.touched(kMeta, kModelsMeta);
}

Field ability(const char* name, const char* about) {
    return boolean(name).default_to(false).filterable().about(about);
}

Field tokens(const char* name, const char* about) {
    return integer(name).nullable().zero_as_null().range(1, kMaxTokens).sortable().about(about);
}

std::vector<Field> model_fields() {
    return fields(
        text("name")
            .required()
            .trimmed()
            .length(1, kMaxName)
            .must(name_fault, "^[a-z0-9][a-z0-9_-]{0,62}\\..+$")
            .filterable()
            .sortable()
            .searchable()
            .about("`namespace.public_model`, split at the first dot: clients ask for it by this "
                   "name, and may leave out the namespace only where it is their default one and "
                   "the public model has no dot of its own"),
        choice("kind", {"chat", "embedding", "rerank", "other"})
            .default_to("chat")
            .filterable()
            .sortable(),
        tokens("context_window", "Tokens of a request; 0 and null: unknown"),
        tokens("max_output_tokens", "Tokens of an answer; 0 and null: unknown"),
        number("cost_per_token")
            .nullable()
            .range(0, 1000000)
            .sortable()
            .about("US dollars for one token of input, with all of its digits; 0: free of charge, "
                   "null: unknown"),
        ability("supports_vision", "Takes images"),
        ability("supports_functions", "Calls functions"),
        ability("supports_tool_choice", "Can be told which function to call"),
        ability("supports_fim", "Fills in the middle of a text"),
        ability("supports_stream", "Answers piece by piece"),
        choice("source", {"manual", "registry"})
            .default_to("manual")
            .filterable()
            .sortable()
            .about("`registry`: kept by the registry. A write makes the model `manual`, which the "
                   "registry leaves alone; setting `registry` hands it back"));
}

void require_namespace(Tx& tx, const Namespaces& namespaces, Draft& draft) {
    if (draft.after.at("source") == "registry") return;
    const std::string name(namespace_of(draft.after.at("name").get_ref<const std::string&>()));
    if (!namespaces.missing(tx, {name}).empty())
        draft.faults.add("name", "dangling", "no such namespace: '" + name + "'");
}

}  // namespace

ResourceSpec model_spec(const Namespaces& namespaces) {
    return {
        .name = "models",
        .table = "models",
        .schema = "Model",
        .fields = model_fields(),
        .uniques = {{"models_name_key", {"name"}}},
        .warns = true,
        .prepare =
            [&namespaces](Tx& tx, Draft& draft) {
                check_source(draft);
                if (draft.changes("name")) require_namespace(tx, namespaces, draft);
                warn_of_dot(draft);
            },
        .written = touch,
    };
}

}  // namespace ezapi::models
