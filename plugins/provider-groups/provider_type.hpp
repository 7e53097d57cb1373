// The provider types and their requirements; groups and API keys are validated only here. To add a
// type, add a line to the table in provider_type.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ezapi/resource/body.hpp"

namespace ezapi::provider_groups {

/// Which kind of credential a service takes.
enum class Takes {
    api_key,  // a static key
    tokens,   // OAuth: an access token, or a refresh token to obtain one
    either
};

enum class Use { none, optional, required };

struct ProviderType {
    std::string_view name;
    Takes takes = Takes::api_key;
    Use base_url = Use::optional;  // optional: the data plane knows the default address
    Use google_project = Use::none;
    Use google_location = Use::none;  // required: defaults to `global`
    std::string_view about;
};

[[nodiscard]] std::span<const ProviderType> provider_types();

/// `name` must be trimmed and in lower case; nullptr when there is no such type.
[[nodiscard]] const ProviderType* find_provider_type(std::string_view name);

/// The table of types in Markdown, for the API description.
[[nodiscard]] std::string provider_types_text();

/// Validates and completes a group: address, project and location as its type requires.
void check_group(Draft& draft);

/// Which credentials an API key has.
struct Held {
    bool api_key = false;
    bool access_token = false;
    bool refresh_token = false;
};

void check_credentials(const ProviderType& type, const Held& held, Faults& faults);

/// Why no upstream could accept the text as a credential; empty when it is plausible.
[[nodiscard]] std::string credential_fault(std::string_view text);

/// For a field that has no meaning in the entity's present state: adds a fault when this body sets
/// it, and resets a leftover value to its default, so that a change of type or status needs no
/// explicit clearing.
void leave_out(Draft& draft, const std::string& field, const Json& empty, const std::string& why);

}  // namespace ezapi::provider_groups
