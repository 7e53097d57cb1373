// The document of models.dev (`api.json`): providers by id, each with its models by id. Read
// strictly as a whole, so that a broken document is refused before anything is changed; single
// models that make no sense are left out and counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi::models {

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

    bool operator==(const RegistryModel&) const = default;
};

struct RegistryDocument {
    std::vector<RegistryModel> models;  // by name in byte order, each name once
    size_t skipped = 0;
    std::string first_skipped;  // which, and why; empty: none
    std::string sha256;         // of the text
};

/// A model's name is `<provider>.<model>`: models.dev groups by provider, and the provider's id is
/// the natural namespace (a dot in it becomes '-'). With `name_space` all of them go into that one
/// instead, as `<name_space>.<provider>/<model>`.
///
/// Throws Error (EZ_INVALID, code "broken_document") with what is wrong; a document without a
/// single usable model is broken, too.
[[nodiscard]] RegistryDocument read_registry_document(std::string_view text,
                                                      std::string_view name_space);

}  // namespace ezapi::models
