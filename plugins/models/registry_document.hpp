// The document of models.dev (`api.json`): providers by id, each with its models by id. Invalid
// entries are counted and named, and their stored rows are kept: nothing is removed because of an
// entry that could not be parsed. Text that is not JSON is refused as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi::models {

/// Parts of a model that are parsed from separate members of its description.
enum RegistryPart : unsigned {
    kKind = 1U << 0U,  // and supports_stream
    kContextWindow = 1U << 1U,
    kMaxOutputTokens = 1U << 2U,
    kCost = 1U << 3U,
    kVision = 1U << 4U,
    kFunctions = 1U << 5U,  // and supports_tool_choice
};

/// A model as described by the registry, in the form in which it is stored and compared.
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
    unsigned unread = 0;  // parts that could not be parsed

    bool operator==(const RegistryModel&) const = default;

    /// Takes the parts that could not be parsed from the stored model.
    void keep_unread(const RegistryModel& stored);
};

struct RegistryDocument {
    std::vector<RegistryModel> models;  // unique, ordered by name (bytewise)
    size_t skipped = 0;                 // models and providers that could not be parsed at all
    size_t partial = 0;                 // models with some members that could not be parsed
    std::vector<std::string> problems;  // which, and why: the first kMostProblems
    std::set<std::string, std::less<>> unread_models;     // names of skipped models
    std::set<std::string, std::less<>> unread_providers;  // name prefixes of their models
    std::string sha256;                                   // of the text

    static constexpr size_t kMostProblems = 10;

    /// True when the document may contain this model in a part that could not be parsed.
    [[nodiscard]] bool may_have(std::string_view name) const;
};

/// Parses the document. A model's name is `<provider>.<model>`: models.dev groups by provider, and
/// the provider's id serves as the namespace (a dot in it becomes '-'). With `name_space` all
/// models are put into that namespace, as `<name_space>.<provider>/<model>`.
///
/// Invalid entries are skipped and reported. Throws Error (EZ_INVALID, code "broken_document") when
/// the text is not JSON, is not an object, or contains no usable model.
[[nodiscard]] RegistryDocument read_registry_document(std::string_view text,
                                                      std::string_view name_space);

}  // namespace ezapi::models
