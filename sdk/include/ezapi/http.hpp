// Routes. A handler receives a Request and returns a Response, or throws an Error, which is sent as
// a problem document (RFC 9457).
//
//     host.get("/hello/{name}", Access::admin,
//              Operation("Greets").path("name", text_schema()).returns(200, "Hello"),
//              [](const Request& request) {
//                  return Response::json({{"text", "Hello, " + std::string(request.param("name"))}});
//              });
//
// A handler of `host.write` also receives a transaction. It is committed before the answer is sent,
// rolled back when the handler throws, and tried again after a serialization failure or a deadlock.
// Such a route supports Idempotency-Key. A handler of `host.keep` owns the Exchange and may answer
// later, from any thread.
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

/// Who may call a route. The host authenticates before the handler runs.
enum class Access {
    anyone = EZ_PUBLIC,
    admin = EZ_ADMIN,
    master = EZ_MASTER,
    internal = EZ_INTERNAL_ONLY
};

/// The limits of a body when its route sets no others.
inline constexpr JsonLimits kBodyLimits{.values = 1'000'000};

/// Whether a Content-Type is JSON in UTF-8 (RFC 9110, 8.3: case-insensitive).
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

/// Throws 415 when there is a Content-Type and it is not JSON.
inline void require_json(std::optional<std::string_view> content_type) {
    if (!content_type || is_json_type(*content_type)) return;
    throw Error(EZ_INVALID,
                "Content-Type: expected application/json in UTF-8, found '" +
                    shortened(std::string(*content_type)) + "'")
        .with_http(415)
        .with_code("unsupported_media_type");
}

/// The 422 for a body that must be an object; `found` is the JSON type of the body.
[[nodiscard]] inline Error no_object(std::string_view found) {
    return Error(EZ_INVALID, "the body must be a JSON object, found " + std::string(found))
        .with_http(422)
        .with_code("validation");
}

/// The 400 for an Idempotency-Key on a route that stores no answers. Ignoring the key would execute
/// a repeated POST twice.
[[nodiscard]] inline Error no_idempotency_key() {
    return Error(EZ_INVALID,
                 "Idempotency-Key: this route stores no answers; repeat the request without it")
        .with_code("idempotency_key");
}

/// The request of an exchange. The request and the text that it returns are valid as long as the
/// exchange.
class Request {
public:
    Request(const ez_host* host, const ez_exchange* exchange)
        : api_(host->http), exchange_(exchange) {}

    [[nodiscard]] std::string_view method() const { return part(EZ_PART_METHOD); }

    [[nodiscard]] std::string_view path() const { return part(EZ_PART_PATH); }

    [[nodiscard]] std::string_view body() const { return part(EZ_PART_BODY); }

    [[nodiscard]] std::string_view client_ip() const { return part(EZ_PART_CLIENT_IP); }

    [[nodiscard]] std::string_view request_id() const { return part(EZ_PART_REQUEST_ID); }

    /// A path parameter, percent-decoded; empty when the pattern has none of this name.
    [[nodiscard]] std::string_view param(std::string_view name) const {
        return view(api_->param(exchange_, str(name)));
    }

    /// A path parameter that is a positive 64-bit integer without sign or leading zeros. Throws 404
    /// for anything else, because no entity can have such an id.
    [[nodiscard]] std::int64_t id(std::string_view name = "id") const {
        const std::string_view text = param(name);
        const auto value = parse_id(text);
        if (!value)
            throw Error(EZ_NOT_FOUND,
                        std::string(name) + ": expected a positive integer, found '" +
                            shortened(std::string(text)) + "'");
        return *value;
    }

    /// `name` in any case. Several headers of one name are joined by ", ".
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
        ez_str out{};
        if (api_->header(exchange_, str(name), &out) == 0) return std::nullopt;
        return view(out);
    }

    /// The query parameters in their order, decoded.
    [[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> query() const {
        std::vector<std::pair<std::string_view, std::string_view>> out;
        for (size_t i = 0, n = api_->query_count(exchange_); i < n; ++i) {
            const ez_pair pair = api_->query_at(exchange_, i);
            out.emplace_back(view(pair.name), view(pair.value));
        }
        return out;
    }

    /// The first query parameter of this name.
    [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const {
        for (const auto& [key, value] : query()) {
            if (key == name) return value;
        }
        return std::nullopt;
    }

    /// The body, parsed strictly as JSON (see parse_json). Throws 415 when the Content-Type is not
    /// JSON.
    [[nodiscard]] Json json(const JsonLimits& limits = kBodyLimits) const {
        require_json(header("content-type"));
        return parse_json(body(), limits);
    }

    /// As json(), but throws 422 when the body is not an object.
    [[nodiscard]] Json object(const JsonLimits& limits = kBodyLimits) const {
        Json body = json(limits);
        if (!body.is_object()) throw no_object(json_type(body));
        return body;
    }

    /// Throws 400 for a POST with an Idempotency-Key. For routes that store no answers.
    void refuse_idempotency_key() const {
        if (method() == "POST" && header("idempotency-key")) throw no_idempotency_key();
    }

    /// The authenticated caller; `kind` is EZ_PUBLIC, EZ_ADMIN, EZ_MASTER or EZ_INTERNAL_ONLY.
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

    /// JSON that is already serialised. The host sends application/json when no header sets a
    /// Content-Type.
    [[nodiscard]] static Response json_text(std::string body, int status = 200) {
        return {status, std::move(body), {}};
    }

    /// Plain text in UTF-8.
    [[nodiscard]] static Response text(std::string body, int status = 200) {
        return {status, std::move(body), {{"Content-Type", "text/plain; charset=utf-8"}}};
    }

    /// 204 without a body.
    [[nodiscard]] static Response none() { return {204, {}, {}}; }

    Response&& with(std::string name, std::string value) && {
        headers.emplace_back(std::move(name), std::move(value));
        return std::move(*this);
    }
};

/// At most this many faults are listed; a body may contain a million.
inline constexpr size_t kMaxFaults = 100;

/// A count with its noun: "7 fields are not valid".
[[nodiscard]] inline std::string counted_faults(size_t count, const char* one, const char* many) {
    std::string out = std::to_string(count) + " " + (count == 1 ? one : many);
    if (count > kMaxFaults) out += " (the first " + std::to_string(kMaxFaults) + " are listed)";
    return out;
}

/// Collects the faults of a request body, so that one 422 answer lists all of them (at most
/// kMaxFaults).
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

    /// Throws the 422 when there are faults.
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

/// The faults that a problem document lists: those of the error, or the error itself when it names
/// a field. The message of a fault does not repeat the field, which is a member of its own.
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

/// The `errors` member of a problem document.
[[nodiscard]] inline Json faults_json(const std::vector<FieldFault>& faults) {
    Json out = Json::array();
    for (const FieldFault& fault : faults) {
        out.push_back({{"field", fault.field}, {"code", fault.code}, {"message", fault.message}});
    }
    return out;
}

/// A request that must be answered exactly once. One that is destroyed without an answer sends 500.
/// May be moved to another thread; one thread at a time.
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

    /// Sends a problem document; with 429 and 503 also `Retry-After: 1`.
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

    /// Sends the Response that `body` returns, or the problem document of what it throws.
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

    /// Claims the request's Idempotency-Key in `tx`. True when a stored answer has been sent; the
    /// exchange has ended then. Throws 422 when the key was used with another body, and EZ_CONFLICT
    /// while another request with it is being processed. Does nothing without the header.
    [[nodiscard]] bool replay(Tx& tx) {
        std::int32_t replayed = 0;
        check([&](ez_error* error) {
            return host_->http->replay(exchange_, tx.handle(), &replayed, error);
        });
        if (replayed != 0) exchange_ = nullptr;
        return replayed != 0;
    }

    /// Stores the answer under the Idempotency-Key in `tx`. Does nothing without the header.
    void remember(Tx& tx, const Response& response) {
        put_headers(response);
        check([&](ez_error* error) {
            return host_->http->remember(
                exchange_, tx.handle(), response.status, str(response.body), error);
        });
    }

private:
    /// Allocates nothing, because memory has run out.
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
