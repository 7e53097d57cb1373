// The second line of defence against secrets in the operation log: owners mask them before they
// record a change, and here whatever carries the name of a credential goes unless it is a mask.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::logs {

/// Whether a member of this name holds a credential: "api_key", "refreshToken", "password". Figures
/// about tokens ("tokens_in", "token_expires_at", "max_output_tokens") do not.
[[nodiscard]] bool names_credential(std::string_view member);

/// The JSON text without the members that hold a credential, at any depth. A mask ("sk-…c0de"),
/// null and truth values stay. Text that is no JSON becomes null.
[[nodiscard]] std::string without_credentials(std::string_view json);

}  // namespace ezapi::logs
