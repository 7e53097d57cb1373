// SHA-256 of text that comes in pieces.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace ezapi::models {

class Sha256 {
public:
    Sha256();

    void add(std::string_view text);

    /// Lower-case hex; nothing can be added afterwards.
    [[nodiscard]] std::string finish();

    [[nodiscard]] static std::string of(std::string_view text);

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };

    std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace ezapi::models
