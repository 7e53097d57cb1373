// Second line of defence against secrets in the operation log. Plugins mask secrets before they
// record a change; this also removes every member with the name of a credential, unless its value
// is a mask.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::logs {

/// True when a member of this name holds a credential: "api_key", "refreshToken", "password". False
/// for numbers about tokens: "tokens_in", "token_expires_at", "max_output_tokens".
[[nodiscard]] bool names_credential(std::string_view member);

/// The JSON text without members that hold credentials, at any depth. Masks ("sk-…c0de"), null and
/// booleans are kept. Text that is not JSON becomes null.
[[nodiscard]] std::string without_credentials(std::string_view json);

}  // namespace ezapi::logs
