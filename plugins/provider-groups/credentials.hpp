// The credentials of one API key, and how they are kept: together in one ciphertext that is bound
// to its row, beside masks that may be shown.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sealing/keyring.hpp"

namespace ezapi::provider_groups {

struct Credentials {
    std::string api_key;
    std::string access_token;
    std::string refresh_token;

    /// What tells one account from another: access tokens come and go.
    [[nodiscard]] const std::string& lasting() const {
        if (!api_key.empty()) return api_key;
        return refresh_token.empty() ? access_token : refresh_token;
    }

    /// Takes what a body gives; empty text removes a credential.
    void take(const std::map<std::string, std::string>& given);
};

/// `sk-…c0de`: enough to tell keys apart. Short secrets, and those whose ends tell nothing, are
/// `…`.
[[nodiscard]] std::string mask(std::string_view secret);

/// `reference` is the row's own random one, which never changes.
[[nodiscard]] std::string seal(const sealing::Keyring& ring,
                               const Credentials& credentials,
                               std::string_view reference);
[[nodiscard]] Credentials open(const sealing::Keyring& ring,
                               std::string_view sealed,
                               std::string_view reference);

}  // namespace ezapi::provider_groups
