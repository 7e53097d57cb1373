#include "registry_document.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "ezapi/json.hpp"
#include "ezapi/resource/field.hpp"
#include "model_name.hpp"
#include "sha256.hpp"

namespace ezapi::models {

namespace {

constexpr std::int64_t kMaxTokens = 1000000000;
constexpr double kTokensPerPrice = 1e6;  // models.dev states prices for a million tokens

Error broken(const std::string& why) {
    return Error(EZ_INVALID, "the registry's document is broken: " + why)
        .with_code("broken_document");
}

/// Why one model is left out.
struct Skip {
    std::string reason;
};

const Json* member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool flag(const Json& model, const char* name) {
    const Json* value = member(model, name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) throw Skip{std::string(name) + " is not a boolean"};
    return value->get<bool>();
}

/// Zero stands for unknown there.
std::optional<std::int64_t> tokens(const Json& model, const char* name) {
    const Json* limit = member(model, "limit");
    const Json* value = limit != nullptr && limit->is_object() ? member(*limit, name) : nullptr;
    if (value == nullptr) return std::nullopt;
    const auto number = as_integer(*value);
    if (!number || *number < 0 || *number > kMaxTokens)
        throw Skip{std::string("limit.") + name + " is not a number of tokens"};
    return *number == 0 ? std::nullopt : number;
}

std::string decimal(double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.15f", value);
    std::string out = text;
    out.erase(out.find_last_not_of('0') + 1);
    if (out.ends_with('.')) out.pop_back();
    return out;
}

std::string cost(const Json& model) {
    const Json* prices = member(model, "cost");
    const Json* input =
        prices != nullptr && prices->is_object() ? member(*prices, "input") : nullptr;
    if (input == nullptr) return {};
    if (!input->is_number()) throw Skip{"cost.input is not a number"};
    const double price = input->get<double>();
    if (!std::isfinite(price) || price < 0 || price > kTokensPerPrice)
        throw Skip{"cost.input is not a price"};
    return decimal(price / kTokensPerPrice);
}

bool has_modality(const Json& model, const char* direction, std::string_view modality) {
    const Json* modalities = member(model, "modalities");
    const Json* list =
        modalities != nullptr && modalities->is_object() ? member(*modalities, direction) : nullptr;
    if (list == nullptr || !list->is_array()) return false;
    return std::any_of(list->begin(), list->end(), [&](const Json& one) {
        return one.is_string() && one.get_ref<const std::string&>() == modality;
    });
}

/// models.dev does not state the kind: embedding and rerank models tell by their id or family,
/// chat models by text in and text out.
std::string kind_of(const std::string& id, const Json& model) {
    std::string names = lower_case(id);
    if (const Json* family = member(model, "family"); family != nullptr && family->is_string())
        names += " " + lower_case(family->get_ref<const std::string&>());
    if (names.find("rerank") != std::string::npos) return "rerank";
    if (names.find("embed") != std::string::npos) return "embedding";
    const bool chat = has_modality(model, "input", "text") && has_modality(model, "output", "text");
    return chat ? "chat" : "other";
}

RegistryModel read_model(std::string name, const std::string& id, const Json& model) {
    if (const std::string fault = name_fault(name); !fault.empty()) throw Skip{fault};
    if (!model.is_object()) throw Skip{"is not an object"};
    RegistryModel out;
    out.name = std::move(name);
    out.kind = kind_of(id, model);
    out.context_window = tokens(model, "context");
    out.max_output_tokens = tokens(model, "output");
    out.cost_per_token = cost(model);
    out.supports_vision = has_modality(model, "input", "image");
    out.supports_functions = flag(model, "tool_call");
    out.supports_tool_choice = out.supports_functions;
    out.supports_stream = out.kind == "chat";
    return out;
}

class DocumentReader {
public:
    DocumentReader(std::string_view name_space, RegistryDocument& out)
        : name_space_(name_space), out_(out) {}

    void read(const Json& root) {
        if (!root.is_object()) throw broken("expected an object of providers");
        for (const auto& [id, provider] : root.items()) {
            if (!provider.is_object()) throw broken("the provider '" + id + "' is not an object");
            const Json* models = member(provider, "models");
            if (models == nullptr || !models->is_object())
                throw broken("the provider '" + id + "' has no object 'models'");
            for (const auto& [model_id, model] : models->items()) add(id, model_id, model);
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
        try {
            out_.models.push_back(read_model(name_of(provider, id), id, model));
        } catch (const Skip& skip) {
            left_out(provider + "/" + id, skip.reason);
        }
    }

    void left_out(const std::string& what, const std::string& why) {
        if (out_.skipped++ == 0) out_.first_skipped = what + ": " + why;
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
            left_out("a model", "its name is taken by another");
        out_.models.erase(twice, out_.models.end());
        if (out_.models.empty()) throw broken("there is no usable model in it");
    }

    std::string_view name_space_;
    RegistryDocument& out_;
};

}  // namespace

RegistryDocument read_registry_document(std::string_view text, std::string_view name_space) {
    RegistryDocument out;
    Json root;
    try {
        root = parse_json(text);
    } catch (const Error& error) {
        throw broken(error.what());
    }
    DocumentReader(name_space, out).read(root);
    out.sha256 = Sha256::of(text);
    return out;
}

}  // namespace ezapi::models
