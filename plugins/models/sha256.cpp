#include "sha256.hpp"

#include "ezapi/error.hpp"

namespace ezapi::models {

namespace {

void require(int succeeded) {
    if (succeeded != 1) throw Error(EZ_INTERNAL, "SHA-256 failed");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::add(std::string_view text) {
    require(EVP_DigestUpdate(context_.get(), text.data(), text.size()));
}

std::string Sha256::finish() {
    static constexpr char kDigits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    require(EVP_DigestFinal_ex(context_.get(), digest, &size));
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
        out.push_back(kDigits[digest[i] >> 4U]);
        out.push_back(kDigits[digest[i] & 15U]);
    }
    return out;
}

std::string Sha256::of(std::string_view text) {
    Sha256 digest;
    digest.add(text);
    return digest.finish();
}

}  // namespace ezapi::models
