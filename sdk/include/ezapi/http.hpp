// Routes. A handler gets a Request and returns a Response, or throws Error, which becomes a problem
// document.
//
//     host.get("/hello/{name}", Access::admin,
//              Operation("Greets").path("name", text_schema()).returns(200, "Hello"),
//              [](const Request& request) {
//                  return Response::json({{"text", "Hello, " + std::string(request.param("name"))}});
//              });
//
// A handler of `host.write` gets a transaction besides: it is committed before the answer leaves,
// rolled back when the handler throws, tried again when PostgreSQL asks for that, and makes the
// route honour Idempotency-Key. A handler of `host.keep` owns the Exchange and may answer later,
// from any thread.
#pragma once

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/base/numbers.hpp"
#include "ezapi/base/status.hpp"
#include "ezapi/db.hpp"
#include "ezapi/error.hpp"
#include "ezapi/json.hpp"
#include "ezapi/openapi.hpp"
#include "ezapi/text.hpp"

namespace ezapi {

/// Who may call. The host authenticates before the handler runs.
enum class Access {
    anyone = EZ_PUBLIC,
    admin = EZ_ADMIN,
    master = EZ_MASTER,
    internal = EZ_INTERNAL_ONLY
};

/// What a body may hold unless its route says otherwise.
inline constexpr JsonLimits kBodyLimits{.values = 1'000'000};

/// Whether a Content-Type announces JSON in UTF-8 (RFC 9110, 8.3: without regard to case).
[[nodiscard]] inline bool is_json_type(std::string_view content_type) {
    const size_t end = content_type.find(';');
    const std::string type = lower_case(trim(content_type.substr(0, end)));
    if (type != "application/json" && type != "application/merge-patch+json") return false;
    content_type.remove_prefix(end == std::string_view::npos ? content_type.size() : end);
    while (!content_type.empty()) {
        content_type.remove_prefix(1);
        const std::string parameter =
            lower_case(trim(content_type.substr(0, content_type.find(';'))));
        if (parameter.starts_with("charset=") && parameter != "charset=utf-8" &&
            parameter != "charset=\"utf-8\"")
            return false;
        content_type.remove_prefix(std::min(content_type.find(';'), content_type.size()));
    }
    return true;
}

/// 415 when a body is announced as something else than JSON.
inline void require_json(std::optional<std::string_view> content_type) {
    if (!content_type || is_json_type(*content_type)) return;
    throw Error(EZ_INVALID,
                "Content-Type: expected application/json in UTF-8, found '" +
                    shortened(std::string(*content_type)) + "'")
        .with_http(415)
        .with_code("unsupported_media_type");
}

/// 422, of a body that must be an object and is `found`.
[[nodiscard]] inline Error no_object(std::string_view found) {
    return Error(EZ_INVALID, "the body must be a JSON object, found " + std::string(found))
        .with_http(422)
        .with_code("validation");
}

/// 400, of a route that stores no answers: who relies on one when a POST is repeated is told.
[[nodiscard]] inline Error no_idempotency_key() {
    return Error(EZ_INVALID,
                 "Idempotency-Key: this route stores no answers; repeat the request without it")
        .with_code("idempotency_key");
}

/// What was asked. Valid as long as the exchange; texts are owned by it.
class Request {
public:
    Request(const ez_host* host, const ez_exchange* exchange)
        : api_(host->http), exchange_(exchange) {}

    [[nodiscard]] std::string_view method() const { return part(EZ_PART_METHOD); }

    [[nodiscard]] std::string_view path() const { return part(EZ_PART_PATH); }

    [[nodiscard]] std::string_view body() const { return part(EZ_PART_BODY); }

    [[nodiscard]] std::string_view client_ip() const { return part(EZ_PART_CLIENT_IP); }

    [[nodiscard]] std::string_view request_id() const { return part(EZ_PART_REQUEST_ID); }

    /// A segment of the path, percent-decoded.
    [[nodiscard]] std::string_view param(std::string_view name) const {
        return view(api_->param(exchange_, str(name)));
    }

    /// A segment that must be a positive 64-bit id in its one spelling; anything else names
    /// nothing: 404.
    [[nodiscard]] std::int64_t id(std::string_view name = "id") const {
        const std::string_view text = param(name);
        const auto value = parse_id(text);
        if (!value)
            throw Error(EZ_NOT_FOUND,
                        std::string(name) + ": expected a positive integer, found '" +
                            shortened(std::string(text)) + "'");
        return *value;
    }

    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
        ez_str out{};
        if (api_->header(exchange_, str(name), &out) == 0) return std::nullopt;
        return view(out);
    }

    /// The query in order, decoded.
    [[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> query() const {
        std::vector<std::pair<std::string_view, std::string_view>> out;
        for (size_t i = 0, n = api_->query_count(exchange_); i < n; ++i) {
            const ez_pair pair = api_->query_at(exchange_, i);
            out.emplace_back(view(pair.name), view(pair.value));
        }
        return out;
    }

    [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const {
        for (const auto& [key, value] : query()) {
            if (key == name) return value;
        }
        return std::nullopt;
    }

    /// The body as a JSON document, read strictly; 415 when it is announced as something else.
    [[nodiscard]] Json json(const JsonLimits& limits = kBodyLimits) const {
        require_json(header("content-type"));
        return parse_json(body(), limits);
    }

    /// A body that must be an object.
    [[nodiscard]] Json object(const JsonLimits& limits = kBodyLimits) const {
        Json body = json(limits);
        if (!body.is_object()) throw no_object(json_type(body));
        return body;
    }

    /// For routes that store no answers.
    void refuse_idempotency_key() const {
        if (method() == "POST" && header("idempotency-key")) throw no_idempotency_key();
    }

    [[nodiscard]] ez_identity identity() const {
        ez_identity out{};
        out.size = sizeof out;
        api_->identity(exchange_, &out);
        return out;
    }

private:
    [[nodiscard]] std::string_view part(std::int32_t which) const {
        return view(api_->part(exchange_, which));
    }

    const ez_http_api* api_;
    const ez_exchange* exchange_;
};

struct Response {
    int status = 200;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;

    [[nodiscard]] static Response json(const Json& value, int status = 200) {
        return json_text(dump_json(value), status);
    }

    /// JSON that is serialised already. Without a Content-Type the host sends application/json.
    [[nodiscard]] static Response json_text(std::string body, int status = 200) {
        return {status, std::move(body), {}};
    }

    /// UTF-8 text for people.
    [[nodiscard]] static Response text(std::string body, int status = 200) {
        return {status, std::move(body), {{"Content-Type", "text/plain; charset=utf-8"}}};
    }

    [[nodiscard]] static Response none() { return {204, {}, {}}; }

    Response&& with(std::string name, std::string value) && {
        headers.emplace_back(std::move(name), std::move(value));
        return std::move(*this);
    }
};

/// At most this many faults are listed; a body may contain a million.
inline constexpr size_t kMaxFaults = 100;

/// "7 fields are not valid"
[[nodiscard]] inline std::string counted_faults(size_t count, const char* one, const char* many) {
    std::string out = std::to_string(count) + " " + (count == 1 ? one : many);
    if (count > kMaxFaults) out += " (the first " + std::to_string(kMaxFaults) + " are listed)";
    return out;
}

/// The faults of a 422 answer, collected so that the client learns all of them at once.
class Faults {
public:
    void add(std::string field, std::string code, std::string message) {
        if (++count_ > kMaxFaults) return;
        faults_.push_back({std::move(field), std::move(code), std::move(message)});
    }

    [[nodiscard]] bool empty() const { return faults_.empty(); }

    [[nodiscard]] bool has(std::string_view field) const {
        for (const FieldFault& fault : faults_) {
            if (fault.field == field) return true;
        }
        return false;
    }

    [[nodiscard]] std::vector<FieldFault> take() { return std::move(faults_); }

    void raise() {
        if (faults_.empty()) return;
        const std::string summary =
            count_ == 1 ? faults_.front().field + ": " + faults_.front().message
                        : counted_faults(count_, "field is not valid", "fields are not valid");
        throw Error(EZ_INVALID, summary).with_http(422).with_code("validation").with_faults(take());
    }

private:
    std::vector<FieldFault> faults_;
    size_t count_ = 0;
};

/// The `errors` of an error: its faults, or itself where it concerns one field. The message of a
/// fault does not repeat the field, which stands beside it.
[[nodiscard]] inline std::vector<FieldFault> faults_of(const Error& error) {
    if (!error.faults().empty() || error.field().empty() || error.http_status() >= 500)
        return error.faults();
    const std::string code =
        error.code().empty() ? std::string(default_code(error.http_status())) : error.code();
    std::string_view message = error.what();
    if (const std::string prefix = error.field() + ": "; message.starts_with(prefix))
        message.remove_prefix(prefix.size());
    return {{error.field(), code, std::string(message)}};
}

/// A list of faults as the `errors` of a problem.
[[nodiscard]] inline Json faults_json(const std::vector<FieldFault>& faults) {
    Json out = Json::array();
    for (const FieldFault& fault : faults) {
        out.push_back({{"field", fault.field}, {"code", fault.code}, {"message", fault.message}});
    }
    return out;
}

/// A request together with its reply, which is owed exactly once; a dropped exchange answers 500.
class Exchange {
public:
    Exchange(const ez_host* host, ez_exchange* exchange) : host_(host), exchange_(exchange) {}

    Exchange(Exchange&& other) noexcept
        : host_(other.host_), exchange_(std::exchange(other.exchange_, nullptr)) {}

    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    Exchange& operator=(Exchange&&) = delete;

    ~Exchange() {
        if (exchange_ != nullptr)
            host_->http->problem(
                exchange_, 500, str("internal"), str("the handler gave no answer"), str({}));
    }

    [[nodiscard]] Request request() const { return {host_, exchange_}; }

    void send(const Response& response) {
        put_headers(response);
        host_->http->finish(std::exchange(exchange_, nullptr), response.status, str(response.body));
    }

    void send(const Error& error) {
        const int status = error.http_status();
        if (status == 429 || status == 503)
            host_->http->set_header(exchange_, str("Retry-After"), str("1"));
        const std::string_view code =
            error.code().empty() ? default_code(status) : std::string_view(error.code());
        const std::vector<FieldFault> faults = faults_of(error);
        const std::string errors = faults.empty() ? std::string() : dump_json(faults_json(faults));
        host_->http->problem(
            std::exchange(exchange_, nullptr), status, str(code), str(error.what()), str(errors));
    }

    /// Answers with what `body` returns or throws.
    template <class Body>
    void answer(Body&& body) noexcept {
        try {
            try {
                send(std::forward<Body>(body)());
            } catch (const Error& error) {
                send(error);
            } catch (const std::bad_alloc&) {
                throw;
            } catch (const std::exception& error) {
                send(Error(EZ_INTERNAL, error.what()));
            } catch (...) {
                send(Error(EZ_INTERNAL, "an exception that is not a std::exception"));
            }
        } catch (...) {
            send_out_of_memory();
        }
    }

    /// Idempotency-Key: true when a stored answer has been sent; the exchange is over then.
    [[nodiscard]] bool replay(Tx& tx) {
        std::int32_t replayed = 0;
        check([&](ez_error* error) {
            return host_->http->replay(exchange_, tx.handle(), &replayed, error);
        });
        if (replayed != 0) exchange_ = nullptr;
        return replayed != 0;
    }

    void remember(Tx& tx, const Response& response) {
        put_headers(response);
        check([&](ez_error* error) {
            return host_->http->remember(
                exchange_, tx.handle(), response.status, str(response.body), error);
        });
    }

private:
    /// Allocates nothing.
    void send_out_of_memory() noexcept {
        if (exchange_ == nullptr) return;
        host_->http->set_header(exchange_, str("Retry-After"), str("1"));
        host_->http->problem(std::exchange(exchange_, nullptr),
                             503,
                             str("unavailable"),
                             str("out of memory"),
                             str({}));
    }

    void put_headers(const Response& response) {
        for (const auto& [name, value] : response.headers)
            host_->http->set_header(exchange_, str(name), str(value));
    }

    const ez_host* host_;
    ez_exchange* exchange_;
};

}  // namespace ezapi
