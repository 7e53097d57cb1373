// The document of models.dev (`api.json`): providers by id, each with its models by id. What can be
// read is read; what cannot is counted and named, and its rows stay as they are stored: nothing is
// removed on the strength of what could not be read. Text that is not JSON is refused as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi::models {

/// Parts of a model that are read from different members of its description.
enum RegistryPart : unsigned {
    kKind = 1U << 0U,  // and supports_stream
    kContextWindow = 1U << 1U,
    kMaxOutputTokens = 1U << 2U,
    kCost = 1U << 3U,
    kVision = 1U << 4U,
    kFunctions = 1U << 5U,  // and supports_tool_choice
};

/// A model as the registry describes it, in the form in which it is stored and compared.
struct RegistryModel {
    std::string name;
    std::string kind;
    std::optional<std::int64_t> context_window;
    std::optional<std::int64_t> max_output_tokens;
    std::string cost_per_token;  // decimal without exponent or trailing zeros; empty: unknown
    bool supports_vision = false;
    bool supports_functions = false;
    bool supports_tool_choice = false;
    bool supports_fim = false;
    bool supports_stream = false;
    unsigned unread = 0;  // parts whose members could not be read

    bool operator==(const RegistryModel&) const = default;

    /// Takes over what could not be read from what is stored of the model.
    void keep_unread(const RegistryModel& stored);
};

struct RegistryDocument {
    std::vector<RegistryModel> models;  // by name in byte order, each name once
    size_t skipped = 0;                 // models and providers that could not be read at all
    size_t partial = 0;                 // models of which some members could not be read
    std::vector<std::string> problems;  // which, and why: the first kMostProblems
    std::set<std::string, std::less<>> unread_models;     // names of those that are there, unread
    std::set<std::string, std::less<>> unread_providers;  // what their models' names begin with
    std::string sha256;                                   // of the text

    static constexpr size_t kMostProblems = 10;

    /// Whether the document may know this model, in a place that could not be read.
    [[nodiscard]] bool may_have(std::string_view name) const;
};

/// A model's name is `<provider>.<model>`: models.dev groups by provider, and the provider's id is
/// the natural namespace (a dot in it becomes '-'). With `name_space` all of them go into that one
/// instead, as `<name_space>.<provider>/<model>`.
///
/// What can be read is read, the rest is reported. Throws Error (EZ_INVALID, code
/// "broken_document") where the text is not JSON, not an object, or without a single usable model.
[[nodiscard]] RegistryDocument read_registry_document(std::string_view text,
                                                      std::string_view name_space);

}  // namespace ezapi::models
