#include "registry_document.hpp"

#include <algorithm>

#include "ezapi/base/crypto.hpp"
#include "ezapi/json.hpp"
#include "ezapi/resource/field.hpp"
#include "model_name.hpp"

namespace ezapi::models {

namespace {

constexpr std::int64_t kMaxTokens = 1000000000;
constexpr double kMostPrice = 1e6;
constexpr int kPriceShift = -6;  // models.dev states prices per million tokens

Error broken(const std::string& why) {
    return Error(EZ_INVALID, "the registry's document is broken: " + why)
        .with_code("broken_document");
}

/// JSON limits for a document: about ten times the size of models.dev.
constexpr JsonLimits kLimits{.values = 5'000'000};

const Json* member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// Parses the parts of one model. An absent or null member leaves the default; an invalid one marks
/// its parts as unread.
class ModelReader {
public:
    ModelReader(const std::string& id, const Json& model) : id_(id), model_(model) {}

    RegistryModel read(std::string name) {
        out_.name = std::move(name);
        read_modalities();
        out_.context_window = tokens("context", kContextWindow);
        out_.max_output_tokens = tokens("output", kMaxOutputTokens);
        read_cost();
        read_functions();
        return std::move(out_);
    }

    /// The first part that could not be parsed; empty when there is none.
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    void unread(unsigned parts, const std::string& why) {
        out_.unread |= parts;
        if (problem_.empty()) problem_ = why;
    }

    /// The object `name` of the model; nullptr when there is none.
    const Json* object(const char* name, unsigned parts) {
        const Json* found = member(model_, name);
        if (found == nullptr || found->is_object()) return found;
        unread(parts, std::string(name) + " is not an object");
        return nullptr;
    }

    /// Zero means unknown in models.dev.
    std::optional<std::int64_t> tokens(const char* name, unsigned part) {
        const Json* limit = object("limit", part);
        const Json* value = limit != nullptr ? member(*limit, name) : nullptr;
        if (value == nullptr) return std::nullopt;
        const auto number = as_integer(*value);
        if (!number || *number < 0 || *number > kMaxTokens) {
            unread(part, std::string("limit.") + name + " is not a number of tokens");
            return std::nullopt;
        }
        return *number == 0 ? std::nullopt : number;
    }

    void read_cost() {
        const Json* prices = object("cost", kCost);
        const Json* input = prices != nullptr ? member(*prices, "input") : nullptr;
        if (input == nullptr) return;
        if (!input->is_number() || input->get<double>() < 0 || input->get<double>() > kMostPrice)
            return unread(kCost, "cost.input is not a price");
        out_.cost_per_token = Decimal(dump_json(*input)).shifted(kPriceShift).plain();
    }

    void read_functions() {
        const Json* value = member(model_, "tool_call");
        if (value == nullptr) return;
        if (!value->is_boolean()) return unread(kFunctions, "tool_call is not a boolean");
        out_.supports_functions = value->get<bool>();
        out_.supports_tool_choice = out_.supports_functions;
    }

    /// nullopt when it cannot be determined.
    std::optional<bool> has_modality(const char* direction,
                                     std::string_view modality,
                                     unsigned part) {
        const Json* modalities = object("modalities", part);
        if (modalities == nullptr)
            return member(model_, "modalities") == nullptr ? std::optional(false) : std::nullopt;
        const Json* list = member(*modalities, direction);
        if (list == nullptr) return false;
        if (!list->is_array()) {
            unread(part, std::string("modalities.") + direction + " is not a list");
            return std::nullopt;
        }
        return std::any_of(list->begin(), list->end(), [&](const Json& one) {
            return one.is_string() && one.get_ref<const std::string&>() == modality;
        });
    }

    void read_modalities() {
        out_.supports_vision = has_modality("input", "image", kVision).value_or(false);
        out_.kind = kind();
        out_.supports_stream = out_.kind == "chat";
    }

    /// models.dev does not state the kind. Embedding and rerank models are recognized by their id
    /// or family, chat models by text input and output.
    std::string kind() {
        std::string names = lower_case(id_);
        const Json* family = member(model_, "family");
        if (family != nullptr && family->is_string())
            names += " " + lower_case(family->get_ref<const std::string&>());
        if (names.find("rerank") != std::string::npos) return "rerank";
        if (names.find("embed") != std::string::npos) return "embedding";
        if (family != nullptr && !family->is_string()) unread(kKind, "family is not a text");
        const auto in = has_modality("input", "text", kKind);
        const auto out = has_modality("output", "text", kKind);
        return in.value_or(false) && out.value_or(false) ? "chat" : "other";
    }

    const std::string& id_;
    const Json& model_;
    RegistryModel out_;
    std::string problem_;
};

class DocumentReader {
public:
    DocumentReader(std::string_view name_space, RegistryDocument& out)
        : name_space_(name_space), out_(out) {}

    void read(const Json& root) {
        if (!root.is_object()) throw broken("expected an object of providers");
        for (const auto& [id, provider] : root.items()) {
            const Json* models = provider.is_object() ? member(provider, "models") : nullptr;
            if (models != nullptr && models->is_object()) {
                for (const auto& [model_id, model] : models->items()) add(id, model_id, model);
            } else {
                out_.unread_providers.insert(name_of(id, ""));
                left_out("the provider '" + id + "'",
                         provider.is_object() ? "has no object 'models'" : "is not an object");
            }
        }
        finish();
    }

private:
    [[nodiscard]] std::string name_of(const std::string& provider, const std::string& model) const {
        if (!name_space_.empty()) return std::string(name_space_) + "." + provider + "/" + model;
        std::string space = lower_case(provider);
        std::replace(space.begin(), space.end(), '.', '-');
        return space + "." + model;
    }

    void add(const std::string& provider, const std::string& id, const Json& model) {
        std::string name = name_of(provider, id);
        const std::string what = provider + "/" + id;
        if (const std::string fault = name_fault(name); !fault.empty())
            return left_out(what, fault);
        if (!model.is_object()) {
            out_.unread_models.insert(std::move(name));
            return left_out(what, "is not an object");
        }
        ModelReader reader(id, model);
        out_.models.push_back(reader.read(std::move(name)));
        if (reader.problem().empty()) return;
        ++out_.partial;
        note(what, reader.problem());
    }

    void left_out(const std::string& what, const std::string& why) {
        ++out_.skipped;
        note(what, why);
    }

    void note(const std::string& what, const std::string& why) {
        if (out_.problems.size() < RegistryDocument::kMostProblems)
            out_.problems.push_back(shortened(what, 120) + ": " + why);
    }

    void finish() {
        std::stable_sort(out_.models.begin(), out_.models.end(), [](const auto& a, const auto& b) {
            return a.name < b.name;
        });
        const auto twice =
            std::unique(out_.models.begin(), out_.models.end(), [](const auto& a, const auto& b) {
                return a.name == b.name;
            });
        for (auto it = twice; it != out_.models.end(); ++it)
            left_out(it->name, "its name is taken by another");
        out_.models.erase(twice, out_.models.end());
        if (out_.models.empty()) throw broken("there is no usable model in it");
    }

    std::string_view name_space_;
    RegistryDocument& out_;
};

}  // namespace

void RegistryModel::keep_unread(const RegistryModel& stored) {
    if ((unread & kKind) != 0) {
        kind = stored.kind;
        supports_stream = stored.supports_stream;
    }
    if ((unread & kContextWindow) != 0) context_window = stored.context_window;
    if ((unread & kMaxOutputTokens) != 0) max_output_tokens = stored.max_output_tokens;
    if ((unread & kCost) != 0) cost_per_token = stored.cost_per_token;
    if ((unread & kVision) != 0) supports_vision = stored.supports_vision;
    if ((unread & kFunctions) != 0) {
        supports_functions = stored.supports_functions;
        supports_tool_choice = stored.supports_tool_choice;
    }
    unread = 0;
}

bool RegistryDocument::may_have(std::string_view name) const {
    if (unread_models.contains(name)) return true;
    return std::any_of(unread_providers.begin(), unread_providers.end(), [&](const auto& begin) {
        return name.starts_with(begin);
    });
}

RegistryDocument read_registry_document(std::string_view text, std::string_view name_space) {
    RegistryDocument out;
    Json root;
    try {
        root = parse_json(text, kLimits);
    } catch (const Error& error) {
        throw broken(error.what());
    }
    DocumentReader(name_space, out).read(root);
    out.sha256 = sha256_hex(text);
    return out;
}

}  // namespace ezapi::models
