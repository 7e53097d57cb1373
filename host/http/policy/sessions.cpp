#include "host/http/policy/sessions.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JWT/Signer.h>
#include <Poco/JWT/Token.h>
#include <Poco/Timestamp.h>

#include <algorithm>

#include "ezapi/base/crypto.hpp"
#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

namespace {

constexpr const char* kIssuer = "ezapi";
constexpr size_t kLongestToken = 4096;
constexpr const char* kAudience = "ezapi-admin";  // another service may share the secret

std::string base64url(std::string_view data) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    uint32_t bits = 0;
    int held = 0;
    for (const char c : data) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        held += 8;
        while (held >= 6) {
            held -= 6;
            text.push_back(kLetters[(bits >> static_cast<unsigned>(held)) & 63U]);
        }
    }
    if (held > 0) text.push_back(kLetters[(bits << static_cast<unsigned>(6 - held)) & 63U]);
    return text;
}

}  // namespace

Sessions::Sessions(std::string secret)
    : secret_(secret.empty() ? to_hex(random_bytes(32)) : std::move(secret)) {}

std::string Sessions::issue(std::string_view scope, int64_t ttl_seconds, int64_t now) const {
    Poco::JWT::Token token;
    token.setIssuer(kIssuer);
    token.setAudience(kAudience);
    token.setId(to_hex(random_bytes(8)));
    token.setIssuedAt(Poco::Timestamp::fromEpochTime(now));
    token.setExpiration(Poco::Timestamp::fromEpochTime(now + ttl_seconds));
    token.payload().set("scope", std::string(scope));
    return Poco::JWT::Signer(secret_).sign(token, Poco::JWT::Signer::ALGO_HS256);
}

bool Sessions::is_session(std::string_view token) {
    if (std::count(token.begin(), token.end(), '.') != 2 || token.size() > kLongestToken)
        return false;
    try {
        const Poco::JWT::Token parsed{std::string(token)};
        return parsed.getIssuer() == kIssuer && !parsed.getId().empty() &&
               parsed.payload().optValue<std::string>("aud", {}) == kAudience;
    } catch (const Poco::Exception&) {
        return false;
    }
}

std::optional<Session> Sessions::verify(std::string_view token) const {
    const auto dot = token.rfind('.');
    if (dot == std::string_view::npos || token.size() > kLongestToken) return std::nullopt;
    // Poco does not compare signatures in constant time and trusts the token's "alg"; this accepts
    // HS256 only and compares in constant time.
    const std::string expected = base64url(hmac_sha256(secret_, token.substr(0, dot)));
    if (!equal_in_constant_time(token.substr(dot + 1), expected)) return std::nullopt;
    try {
        const Poco::JWT::Token parsed{std::string(token)};
        const Session session{parsed.getId(),
                              parsed.payload().optValue<std::string>("scope", {}),
                              parsed.getExpiration().epochTime()};
        const bool ours = parsed.getIssuer() == kIssuer &&
                          parsed.payload().optValue<std::string>("aud", {}) == kAudience;
        const bool known = session.scope == "read" || session.scope == "write";
        if (!ours || !known || session.id.empty()) return std::nullopt;
        return session;
    } catch (const Poco::Exception&) {
        return std::nullopt;  // signed with our secret, but not a session token
    }
}

}  // namespace ezapi::host::http
