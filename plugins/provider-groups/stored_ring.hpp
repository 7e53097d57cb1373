// The keyring of this installation, from its settings or from its own file, held against the rows
// that were encrypted before.
#pragma once

#include "ezapi/plugin.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::provider_groups {

/// Throws when the setting is wrong, and when it can decrypt nothing of what is stored, which is a
/// wrong keyring rather than a lost key, unless `secret_keys_lost` says otherwise.
[[nodiscard]] sealing::Keyring keyring_for(const Host& host);

}  // namespace ezapi::provider_groups
