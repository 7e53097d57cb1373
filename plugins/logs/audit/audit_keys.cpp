#include "audit/audit_keys.hpp"

#include "sealing/key_file.hpp"

namespace ezapi::logs {
namespace {

sealing::Keyring parsed(const std::string& keys, const std::string& where) {
    try {
        return sealing::Keyring::parse(keys);
    } catch (const Error& error) {
        throw Error(EZ_INVALID, where + ": " + error.what());
    }
}

}  // namespace

AuditKeys AuditKeys::load(const Host& host, bool may_make) {
    const Json settings = host.settings();
    const std::string keys = settings.at("audit_keys").get<std::string>();
    if (!keys.empty()) return AuditKeys(parsed(keys, "EZ_AUDIT_KEYS"));
    const Log log = host.log();
    try {
        const sealing::KeyFile file = sealing::load_key_file(
            settings.at("state_dir").get<std::string>(), may_make, sealing::kAuditKeys);
        log.info((file.made ? "EZ_AUDIT_KEYS is not set: made a key in "
                            : "EZ_AUDIT_KEYS is not set: using the key in ") +
                 file.path.string() +
                 "; keep a copy, without it the operation log cannot be verified");
        return AuditKeys(parsed(file.keys, "keyring " + file.path.string()));
    } catch (const Error& error) {
        log.error(
            std::string("the operation log is recorded but neither signed nor verified here: ") +
            error.what());
        return {};
    }
}

std::string AuditKeys::link(std::string_view before,
                            std::string_view canonical,
                            std::string_view key_id) const {
    if (!ring_) throw Error(EZ_UNAVAILABLE, "there is no audit key");
    return ring_->sign("link\n" + std::string(before) + "\n" + std::string(canonical), key_id);
}

std::string AuditKeys::signature(const ChainHead& head) const {
    if (!ring_) throw Error(EZ_UNAVAILABLE, "there is no audit key");
    return ring_->sign("head\n" + std::to_string(head.position) + "\n" + head.hash + "\n" +
                           std::to_string(head.sealed_at_us) + "\n" +
                           std::to_string(head.keyed_from),
                       head.key_id);
}

ChainHead read_head(const Rows& rows) {
    if (rows.empty()) throw Error(EZ_INTERNAL, "operation log: the head of its chain is gone");
    ChainHead out;
    out.position = rows.integer(0, 0);
    out.hash = rows.text(0, 1);
    out.sealed_at_us = rows.integer(0, 2);
    out.keyed_from = rows.integer(0, 3);
    out.key_id = rows.text(0, 4);
    out.signature = rows.text(0, 5);
    return out;
}

}  // namespace ezapi::logs
