#include "webhook/settings.hpp"

#include "ezapi/network.hpp"
#include "ezapi/url.hpp"
#include "outgoing/exchange.hpp"
#include "webhook/signing_key.hpp"

namespace ezapi::logs {
namespace {

constexpr size_t kShown = 4;
constexpr size_t kShortest = 16;  // kShown of its characters are shown

std::string mask(std::string_view secret) {
    const std::string ellipsis = "\xE2\x80\xA6";
    if (secret.size() < kShortest) return ellipsis;
    const std::string_view end = secret.substr(secret.size() - kShown);
    for (const char c : end) {
        if (static_cast<unsigned char>(c) >= 0x80) return ellipsis;
    }
    return ellipsis + std::string(end);
}

/// A host name is checked when a request is sent, by the address that it resolves to.
std::string address_fault(const outgoing::Reach& reach, std::string_view url) {
    if (url.empty()) return {};
    if (std::string fault = url_fault(url); !fault.empty()) return fault;
    const std::string host = Url::parse(url).address();
    return Address::parse(host) ? reach.refusal(host) : std::string();
}

void prepare(SigningKey& key, Draft& draft) {
    if (draft.after.at("enabled") == true && draft.after.at("url") == "")
        draft.faults.add("url", "required", "is required by enabled");
    const auto given = draft.secrets.find("secret");
    if (given == draft.secrets.end()) return;
    draft.after["secret"] = given->second.empty() ? Json() : Json(mask(given->second));
    draft.after["signing_key"] = "";
    const bool signs = !given->second.empty();
    draft.after["sealed_key"] = signs ? key.seal(given->second) : std::string();
    draft.after["sealed_with"] = signs ? key.sealed_with() : std::string();
}

}  // namespace

ResourceSpec webhook_spec(const outgoing::Reach& reach, SigningKey& key) {
    return {
        .name = "webhook",
        .table = "webhook_settings",
        .schema = "Webhook",
        .fields = fields(
            boolean("enabled").default_to(false).guarded(),
            text("url")
                .default_to("")
                .trimmed()
                .length(0, kMaxUrl)
                .must([&reach](std::string_view url) { return address_fault(reach, url); })
                .about(
                    "Where alerts are posted: `https://` or `http://`, at a public address or in "
                    "one of the networks that the configuration allows"),
            integer("min_status")
                .range(400, 599)
                .default_to(400)
                .about("Requests that ended with this status or a higher one count as errors"),
            integer("window_seconds")
                .range(10, 86400)
                .default_to(300)
                .about("Errors of so many seconds are counted together"),
            integer("threshold")
                .range(1, 1'000'000)
                .default_to(10)
                .about("So many errors in the window cause an alert"),
            integer("cooldown_seconds")
                .range(0, 604'800)
                .default_to(900)
                .about("Time after an alert in which there is no other"),
            text("secret").nullable().secret().length(8, 256).about(
                "Key of the signature. `X-EZ-Signature` is `sha256=` and the HMAC-SHA256 in hex of "
                "`X-EZ-Timestamp`, a dot and the body. None: requests are not signed"),
            time("last_alert_at")
                .nullable()
                .read_only()
                .live()
                .about("When the last alert was raised"),
            text("signing_key").hidden(),
            text("sealed_key").hidden(),
            text("sealed_with").hidden()),
        .prepare = [&key](Tx&, Draft& draft) { prepare(key, draft); },
    };
}

WebhookSettings read_webhook(const Db& db) {
    // A server of an earlier version clears the plain secret and leaves the sealed key.
    const Rows rows = db.query(
        "SELECT enabled, url, signing_key, CASE WHEN secret IS NULL THEN '' ELSE sealed_key END, "
        "min_status, window_seconds, threshold, cooldown_seconds, last_alert_at FROM "
        "webhook_settings WHERE id = $1",
        {kWebhookId});
    if (rows.empty()) throw Error(EZ_INTERNAL, "webhook: its row is gone");
    return {.enabled = rows.boolean(0, 0),
            .url = std::string(rows.text(0, 1)),
            .plain_key = std::string(rows.text(0, 2)),
            .sealed_key = std::string(rows.text(0, 3)),
            .signing_key = {},
            .min_status = rows.integer(0, 4),
            .window = std::chrono::seconds(rows.integer(0, 5)),
            .threshold = rows.integer(0, 6),
            .cooldown = std::chrono::seconds(rows.integer(0, 7)),
            .last_alert_at = rows.time(0, 8)};
}

}  // namespace ezapi::logs
