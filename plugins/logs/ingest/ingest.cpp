#include "ingest/ingest.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "ezapi/time.hpp"

namespace ezapi::logs {
namespace {

constexpr size_t kMostBytes = 16UL * 1024 * 1024;  // of a body, before and after decompression

IngestQueue::Rules rules_of(const Json& settings) {
    IngestQueue::Rules rules;
    rules.capacity = settings.at("queue_capacity").get<size_t>();
    if (settings.at("ack") == "queued") {
        rules.start_at = settings.at("batch_size").get<size_t>();
        rules.linger = std::chrono::milliseconds(settings.at("flush_ms").get<int>());
    }
    return rules;
}

Json number(const char* description, std::int64_t most) {
    return {{"type", "integer"},
            {"format", "int64"},
            {"minimum", 0},
            {"maximum", most},
            {"nullable", true},
            {"description", description}};
}

Json text(size_t most) {
    return {{"type", "string"}, {"maxLength", most}, {"nullable", true}};
}

Json record_schema() {
    const std::int64_t tokens = 1'000'000'000;
    Json properties{
        {"request_id", {{"type", "string"}, {"minLength", 1}, {"maxLength", 200}}},
        {"group", text(255)},
        {"namespace", text(255)},
        {"model", text(512)},
        {"upstream_model", text(512)},
        {"provider_type", text(255)},
        {"status_code",
         {{"type", "integer"},
          {"minimum", 100},
          {"maximum", 599},
          {"default", 200},
          {"description",
           "0, where the client went away, is stored as 499; any other code out of range as 599"}}},
        {"latency_ms", number("Whole duration", 2'147'483'647)},
        {"first_token_ms", number("Until the first token", 2'147'483'647)},
        {"tokens_in", number("Tokens of the prompt", tokens)},
        {"tokens_out", number("Tokens of the answer", tokens)},
        {"cached_tokens", number("Tokens of the prompt that came from a cache", tokens)},
        {"cost",
         {{"type", "number"},
          {"minimum", 0},
          {"maximum", 1'000'000'000},
          {"nullable", true},
          {"description",
           "Of any currency. Stored to nine places; where there are more it is rounded, and said "
           "to be repaired"}}},
        {"stream", {{"type", "boolean"}, {"nullable", true}}},
        {"error", text(8192)},
        {"client_ip",
         {{"type", "string"},
          {"nullable", true},
          {"description",
           "Stored in canonical form (RFC 5952; IPv4 for an IPv6-mapped one), without brackets and "
           "port"}}},
        {"created_at",
         {{"oneOf", Json::array({time_schema(), integer_schema()})},
          {"description",
           "RFC 3339, or seconds or milliseconds since 1970; the time of arrival without it, and "
           "at "
           "most 24 hours after it. A record that is older than the retention is deleted soon"}}},
    };
    for (const char* id : {"master_id", "key_id", "provider_group_id", "provider_id"})
        properties[id] = {
            {"type", "integer"}, {"format", "int64"}, {"minimum", 1}, {"nullable", true}};
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", Json::array({"request_id"})},
            {"additionalProperties", false}};
}

Operation operation() {
    return Operation("Takes in records of requests")
        .tag("logs")
        .describe(
            "A JSON array, or one record a line as application/x-ndjson; either may be packed by "
            "gzip. A record is refused by its index, with all its faults, only where it cannot be "
            "counted once: it is no object, has no request_id, or has two values of request_id, "
            "master_id or key_id. Every other flaw is repaired and the record is counted: a text "
            "is cut at its limit, what is no UTF-8 becomes U+FFFD, a number beyond its range "
            "becomes the nearest in it, a number as text is read, a time that cannot be becomes "
            "that of the arrival, and what means nothing is left out. repaired names the fields, "
            "of the first 1,000 such records; repaired_records counts all. A record is stored once "
            "per request_id of a master, however often it is sent; another record of the master "
            "with the request_id of a stored one is refused as request_id_reused. 200: stored. "
            "202: waits to be stored "
            "(log.ack = queued). 429: the queue is full, nothing was taken. 503: nothing was "
            "stored, or it is not known; send it again.")
        .header("Content-Encoding", {{"type", "string"}, {"enum", Json::array({"gzip", "x-gzip"})}})
        .body(array_schema(schema_ref("RequestRecord")))
        .body(text_schema(), "application/x-ndjson")
        .schema("RequestRecord", record_schema())
        .schema(
            "IngestFault",
            object_schema(
                {{"field", text_schema()}, {"code", text_schema()}, {"message", text_schema()}}))
        .schema("IngestRefusal",
                object_schema({{"index", integer_schema()},
                               {"code", text_schema()},
                               {"message", text_schema()},
                               {"errors", array_schema(schema_ref("IngestFault"))}}))
        .schema(
            "IngestRepair",
            object_schema({{"index", integer_schema()}, {"fields", array_schema(text_schema())}}))
        .schema("IngestAnswer",
                object_schema({{"accepted", integer_schema()},
                               {"duplicates", integer_schema()},
                               {"rejected", array_schema(schema_ref("IngestRefusal"))},
                               {"repaired", array_schema(schema_ref("IngestRepair"))},
                               {"repaired_records", integer_schema()}}))
        .returns(200, "IngestAnswer")
        .returns(202, "IngestAnswer");
}

}  // namespace

Ingest::Ingest(Host& host)
    : committed_(host.settings().at("ack") == "committed"),
      limits_{.records = host.settings().at("queue_capacity").get<size_t>(), .bytes = kMostBytes},
      figures_(host.metrics()),
      queue_(rules_of(host.settings())),
      writer_(queue_, host.db("logs"), figures_, host.log()) {
    host.keep("POST",
              "/internal/logs",
              Access::internal,
              operation(),
              {.max_body = kMostBytes, .never_blocks = true},
              [this](Exchange exchange) { accept(std::move(exchange)); });
}

ParsedBody Ingest::parse(const Request& request) const {
    return parse_body(request.body(),
                      request.header("content-type"),
                      request.header("content-encoding"),
                      limits_,
                      now().time_since_epoch().count());
}

void Ingest::accept(Exchange exchange) {
    auto delivery = std::make_unique<Delivery>();
    try {
        delivery->body = parse(exchange.request());
    } catch (const Error& error) {
        return exchange.send(error);
    }
    figures_.invalid.add(static_cast<double>(delivery->body.refused.size()));
    const size_t records = delivery->records();
    figures_.add(delivery->body.repairs);
    if (records == 0) return exchange.send(ingest_answer(200, 0, 0, delivery->body));

    std::optional<Response> answer;
    if (!committed_) answer = ingest_answer(202, records, 0, delivery->body);
    std::optional<Exchange> waiting(std::move(exchange));
    if (committed_) delivery->exchange.emplace(std::move(*waiting));
    delivery->arrived = std::chrono::steady_clock::now();
    if (queue_.push(delivery)) {
        figures_.queue_depth.set(static_cast<double>(queue_.depth()));
        if (answer) waiting->send(*answer);
        return;
    }
    figures_.queue_full.add(static_cast<double>(records));
    Exchange& turned_away = committed_ ? *delivery->exchange : *waiting;
    turned_away.send(
        Error(EZ_EXHAUSTED, "the queue of request records is full; nothing of the body was taken")
            .with_code("queue_full"));
}

}  // namespace ezapi::logs
