#include "webhook/webhook.hpp"

#include <random>

#include "ezapi/resource.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono_literals;

constexpr auto kWatching = 5s;
constexpr auto kDelivering = 1s;
constexpr auto kSealing = 60s;
constexpr const char* kDeliveryJob = "webhook-delivery";

double random_part() {
    thread_local std::minstd_rand generator(std::random_device{}());
    return std::uniform_real_distribution<double>(0, 1)(generator);
}

outgoing::Limits limits_of(const WebhookOptions& options) {
    return {.connect = options.timeout,
            .silence = options.timeout,
            .total = options.timeout,
            .max_bytes = 0};
}

Json nullable(Json schema) {
    schema["nullable"] = true;
    return schema;
}

Operation describe_put(const ResourceSpec& spec) {
    return idempotent(conditional(Operation("Replaces the settings of the webhook").tag("logs")))
        .body_of("WebhookBody")
        .schema("WebhookBody", body_schema(spec.fields, BodyMode::replace))
        .schema(spec.schema, entity_schema(spec))
        .returns(200, spec.schema.c_str());
}

Operation describe_test() {
    return Operation("Sends a test to the webhook and tells what became of it")
        .tag("logs")
        .describe(
            "Sent once, whether the webhook is enabled or not; it stays in the history. 409 "
            "where there is no url.")
        .schema("WebhookTest",
                object_schema({{"delivery_id", integer_schema()},
                               {"delivered", boolean_schema()},
                               {"response_status", nullable(integer_schema())},
                               {"error", nullable(text_schema())},
                               {"latency_ms", integer_schema()}}))
        .returns(200, "WebhookTest");
}

}  // namespace

WebhookOptions webhook_options(const Json& settings) {
    return {settings.at("webhook_allowed_networks").get<std::string>(),
            std::chrono::milliseconds(settings.at("webhook_timeout_ms").get<std::int64_t>())};
}

Webhook::Webhook(const Host& host, const WebhookOptions& options)
    : db_(host.db()),
      log_(host.log()),
      reach_(options.allowed_networks),
      key_(host),
      settings_(webhook_spec(reach_, key_)),
      deliveries_(db_),
      sender_(reach_, limits_of(options)),
      alarm_(db_, host.db("logs")),
      delivered_(host.metrics().counter("ezapi_webhook_attempts_total",
                                        "Attempts to deliver to the webhook",
                                        {{"result", "delivered"}})),
      failed_(host.metrics().counter("ezapi_webhook_attempts_total",
                                     "Attempts to deliver to the webhook",
                                     {{"result", "failed"}})) {}

void Webhook::serve(Host& host) {
    const ResourceSpec& spec = settings_.spec();
    host.get("/admin/logs/webhook",
             Access::admin,
             cacheable(Operation("Reads the settings of the webhook"))
                 .tag("logs")
                 .schema(spec.schema, entity_schema(spec))
                 .returns(200, spec.schema.c_str()),
             [this](const Request& request) { return read(request); });
    host.write("PUT",
               "/admin/logs/webhook",
               Access::admin,
               describe_put(spec),
               [this](const Request& request, Tx& tx) {
                   return entity_response(settings_.update(
                       tx, kWebhookId, request.object(), BodyMode::replace, if_match(request)));
               });
    host.route(
        "POST", "/admin/logs/webhook/test", Access::admin, describe_test(), [this](const Request&) {
            return test();
        });
    host.get("/admin/logs/webhook/deliveries",
             Access::admin,
             Deliveries::history().operation("Lists what the webhook was sent").tag("logs"),
             [this](const Request& request) { return Deliveries::history().page(db_, request); });
    host.every("webhook-alarm", kWatching, Scope::cluster, [this, host](const Run&) {
        if (alarm_.check(now())) host.trigger(kDeliveryJob);
    });
    host.every(
        "webhook-key-sealing",
        kSealing,
        Scope::cluster,
        [this](const Run&) {
            if (key_.seal_stored(db_)) log_.info("webhook: its signing key was sealed");
        },
        /*at_start=*/true);
    host.every(kDeliveryJob, kDelivering, Scope::cluster, [this](const Run& run) {
        deliver([&run] { return run.stopping(); });
    });
}

Attempt Webhook::send(WebhookSettings webhook,
                      const WebhookDelivery& delivery,
                      Timestamp at,
                      const std::function<bool()>& stopping) {
    try {
        webhook.signing_key = key_.open(webhook);
    } catch (const Error& error) {
        return {.error = error.what()};
    }
    return sender_.send(webhook, delivery, at, stopping);
}

int Webhook::deliver(const std::function<bool()>& stopping) {
    int sent = 0;
    while (!stopping()) {
        const Timestamp at = now();
        const auto due = deliveries_.claim(at);
        if (!due) break;
        const WebhookSettings webhook = read_webhook(db_);
        const Attempt attempt = webhook.enabled ? send(webhook, *due, at, stopping)
                                                : Attempt{.error = "the webhook is not enabled"};
        (attempt.delivered ? delivered_ : failed_).add();
        if (!attempt.delivered)
            log_.warn("webhook: delivery " + std::to_string(due->id) + ", attempt " +
                      std::to_string(due->attempt) + " to " + outgoing::origin_of(webhook.url) +
                      " failed: " + attempt.error);
        deliveries_.settle(*due, attempt, now(), random_part());
        ++sent;
    }
    return sent;
}

Response Webhook::read(const Request& request) const {
    const auto record = settings_.find(db_, kWebhookId);
    if (!record) throw settings_.missing(kWebhookId);
    return read_response(request, *record);
}

Response Webhook::test() {
    const WebhookSettings webhook = read_webhook(db_);
    if (webhook.url.empty())
        throw Error(EZ_CONFLICT, "webhook: there is no url to send a test to")
            .with_code("not_configured");
    const Timestamp at = now();
    const WebhookDelivery delivery =
        deliveries_.record_test(dump_json({{"event", "test"}, {"at", format_time(at)}}), at);
    const Attempt attempt = send(webhook, delivery, at, [] { return false; });
    deliveries_.settle(delivery, attempt, now(), 0);
    return Response::json({{"delivery_id", delivery.id},
                           {"delivered", attempt.delivered},
                           {"response_status", attempt.status ? Json(*attempt.status) : Json()},
                           {"error", attempt.error.empty() ? Json() : Json(attempt.error)},
                           {"latency_ms", attempt.took.count()}});
}

}  // namespace ezapi::logs
