// The credentials of one API key. They are stored together in one ciphertext that is bound to its
// row; masks, which may be shown, are stored in separate columns.
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

    /// The credential that identifies the account: access tokens are short-lived.
    [[nodiscard]] const std::string& lasting() const {
        if (!api_key.empty()) return api_key;
        return refresh_token.empty() ? access_token : refresh_token;
    }

    /// Applies the members of a body; an empty string removes a credential.
    void take(const std::map<std::string, std::string>& given);
};

/// `sk-…c0de`: enough to tell keys apart. Secrets that are short or whose ends are not distinctive
/// become `…`.
[[nodiscard]] std::string mask(std::string_view secret);

/// `reference` is the random reference of the row, which never changes.
[[nodiscard]] std::string seal(const sealing::Keyring& ring,
                               const Credentials& credentials,
                               std::string_view reference);
[[nodiscard]] Credentials open(const sealing::Keyring& ring,
                               std::string_view sealed,
                               std::string_view reference);

}  // namespace ezapi::provider_groups
