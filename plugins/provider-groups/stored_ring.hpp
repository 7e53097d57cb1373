// Loads the keyring of this installation, from its settings or its key file, and checks it against
// the stored rows.
#pragma once

#include "ezapi/plugin.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::provider_groups {

/// Throws when the setting is malformed. Also throws when the ring can decrypt none of the stored
/// rows, unless `secret_keys_lost` is set: that is more likely a wrong keyring than a lost key.
[[nodiscard]] sealing::Keyring keyring_for(const Host& host);

}  // namespace ezapi::provider_groups
