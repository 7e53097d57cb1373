// The provider types and what each of them requires: the one place that judges groups and API keys.
// Adding a type is adding a line to the table in provider_type.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ezapi/resource/body.hpp"

namespace ezapi::provider_groups {

/// Which credentials a service takes.
enum class Takes {
    api_key,  // a static key
    tokens,   // OAuth: an access token, or a refresh token to get one
    either
};

enum class Use { none, optional, required };

struct ProviderType {
    std::string_view name;
    Takes takes = Takes::api_key;
    Use base_url = Use::optional;  // optional: the data plane knows the service's own address
    Use google_project = Use::none;
    Use google_location = Use::none;  // required: `global` where none is given
    std::string_view about;
};

[[nodiscard]] std::span<const ProviderType> provider_types();

/// `name` in lower case and trimmed; nullptr: no such type.
[[nodiscard]] const ProviderType* find_provider_type(std::string_view name);

/// The table in Markdown, for the API's description.
[[nodiscard]] std::string provider_types_text();

/// Judges and completes a group: address, project and location as its type wants them.
void check_group(Draft& draft);

/// What is to be known of an API key's credentials to judge them.
struct Held {
    bool api_key = false;
    bool access_token = false;
    bool refresh_token = false;
};

void check_credentials(const ProviderType& type, const Held& held, Faults& faults);

/// What an upstream could never accept as a credential; empty: nothing is wrong.
[[nodiscard]] std::string credential_fault(std::string_view text);

/// Of a field that means nothing in the entity's present state: a fault where this body gives it a
/// value; what is left over from before goes back to its default, so that a change of type or
/// status needs no further clearing.
void leave_out(Draft& draft, const std::string& field, const Json& empty, const std::string& why);

}  // namespace ezapi::provider_groups
