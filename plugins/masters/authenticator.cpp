#include "authenticator.hpp"

#include <algorithm>
#include <cstring>

#include "ezapi/credential.hpp"
#include "master.hpp"

namespace ezapi::masters {

namespace {

Error unknown_key() {
    return {EZ_UNAUTHENTICATED, "master key: unknown"};
}

}  // namespace

const ez_authenticator_v1 Authenticator::kTable = {
    sizeof(ez_authenticator_v1),
    [](void* self, ez_str credential, ez_identity* out, ez_error* error) noexcept {
        return guard(error, [&] {
            // The caller's struct may have a different size: only its own members are written.
            ez_identity who =
                static_cast<const Authenticator*>(self)->authenticate(view(credential));
            who.size = out->size;
            std::memcpy(out, &who, std::min<size_t>(out->size, sizeof who));
        });
    },
};

ez_identity Authenticator::authenticate(std::string_view key) const {
    // The checksum rejects typos and random guesses without a query.
    if (!credential::well_formed(kKeyPrefix, key)) throw unknown_key();
    const Rows rows =
        db_.query("SELECT id, name, status FROM masters WHERE key_hash = $1", {sha256_hex(key)});
    if (rows.empty()) throw unknown_key();
    if (rows.text(0, 2) != "active")
        throw Error(EZ_DENIED, "master " + std::string(rows.text(0, 0)) + ": suspended");
    ez_identity who{};
    who.size = sizeof who;
    who.kind = EZ_MASTER;
    who.id = rows.integer(0, 0);
    copy_text(who.name, rows.text(0, 1));
    return who;
}

}  // namespace ezapi::masters
