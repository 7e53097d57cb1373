#include "host/http/dispatch/exchange.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "ezapi/error.hpp"
#include "ezapi/http.hpp"
#include "host/http/wire/target.hpp"
#include "host/telemetry/log.hpp"

namespace http = ezapi::host::http;

namespace {

/// Headers that the host sets on every reply.
constexpr std::array<std::string_view, 8> kHostHeaders{"connection",
                                                       "content-length",
                                                       "date",
                                                       "keep-alive",
                                                       "server",
                                                       "transfer-encoding",
                                                       "upgrade",
                                                       "x-request-id"};

uint64_t next_number() noexcept {
    static std::atomic<uint64_t> number{0};
    return ++number;
}

/// Allocates nothing.
http::Reply no_memory() noexcept {
    return {503, {}, {}};
}

std::string faults_as_json(const ezapi::Error& error) {
    const auto faults = ezapi::faults_of(error);
    return faults.empty() ? std::string() : ezapi::dump_json(ezapi::faults_json(faults));
}

}  // namespace

ez_exchange::ez_exchange(std::shared_ptr<http::Desk> desk,
                         http::ConnectionPtr connection,
                         http::Request request,
                         std::string client_ip,
                         std::string request_id,
                         http::Match match)
    : desk_(std::move(desk)),
      connection_(std::move(connection)),
      request_(std::move(request)),
      client_ip_(std::move(client_ip)),
      request_id_(std::move(request_id)),
      route_(std::move(match.route)),
      params_(std::move(match.params)),
      query_(http::query_of(request_.head.query())),
      begin_(Clock::now()),
      number_(next_number()) {}

ez_exchange::~ez_exchange() {
    if (route_) route_->gate->leave();
}

std::string_view ez_exchange::pattern() const noexcept {
    return route_ ? std::string_view(route_->spec.pattern) : std::string_view{};
}

bool ez_exchange::request_id_is_given() const noexcept {
    const auto& fields = request_.head.fields;
    return std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
        return http::equal_ignoring_case(field.first, "x-request-id") &&
               field.second == request_id_;
    });
}

std::string_view ez_exchange::param(std::string_view name) const noexcept {
    for (const auto& [key, value] : params_) {
        if (key == name) return value;
    }
    return {};
}

std::optional<std::string_view> ez_exchange::header(std::string_view name) const {
    const std::string* only = nullptr;
    size_t count = 0;
    for (const auto& [key, value] : request_.head.fields) {
        if (!http::equal_ignoring_case(key, name)) continue;
        only = &value;
        ++count;
    }
    if (count == 0) return std::nullopt;
    if (count == 1) return *only;
    joined_.push_back(request_.head.field(http::lowered(name)).value_or(""));
    return joined_.back();
}

void ez_exchange::set_header(std::string_view name, std::string_view value) {
    const std::string lower = http::lowered(name);
    if (!http::is_token(name) || !http::is_field_value(value)) {
        ezapi::host::telemetry::log(
            EZ_LOG_ERROR,
            "http",
            "answer to " + request_id_ + ": header '" + lower + "' dropped: not a legal field");
        return;
    }
    if (std::find(kHostHeaders.begin(), kHostHeaders.end(), lower) != kHostHeaders.end()) return;
    for (auto& header : headers_) {
        if (http::equal_ignoring_case(header.first, name)) {
            header.second = value;
            return;
        }
    }
    headers_.emplace_back(name, value);
}

void ez_exchange::finish(int status, std::string body) noexcept {
    if (status < 200 || status > 599) {
        if (ezapi::guard(nullptr, [&] {
                problem(
                    {500, {}, "the handler answered with status " + std::to_string(status), {}});
            }) != EZ_OK)
            conclude(no_memory());
        return;
    }
    http::Reply reply{status, std::move(headers_), std::move(body)};
    if (!desk_->postpone(*this, reply)) conclude(std::move(reply));
}

void ez_exchange::conclude(http::Reply reply) noexcept {
    desk_->answer(*this, std::move(reply));
    delete this;
}

void ez_exchange::finish(http::Reply reply) noexcept {
    if (ezapi::guard(nullptr, [&] {
            for (const auto& [name, value] : reply.headers) set_header(name, value);
        }) != EZ_OK)
        return conclude(no_memory());
    finish(reply.status, std::move(reply.body));
}

void ez_exchange::problem(const http::Problem& problem) noexcept {
    if (problem.status == 500) log_fault(problem.detail);
    http::Reply reply = no_memory();
    (void)ezapi::guard(nullptr, [&] {
        http::Problem sound = problem;
        if (sound.status < 400 || sound.status > 599) sound.status = 500;
        http::Reply rendered = http::to_reply(sound, request_id_);
        for (const auto& [name, value] : headers_) {
            if (!http::equal_ignoring_case(name, "content-type")) rendered.set(name, value);
        }
        reply = std::move(rendered);
    });
    conclude(std::move(reply));
}

void ez_exchange::log_fault(const std::string& detail) const noexcept {
    (void)ezapi::guard(nullptr, [&] {
        std::string line = "request " + request_id_ + " " + request_.head.method + " ";
        line.append(pattern()).append(": ").append(detail);
        ezapi::host::telemetry::log(EZ_LOG_ERROR, "http", line);
    });
}

namespace ezapi::host::http {

void AbandonExchange::operator()(ez_exchange* exchange) const noexcept {
    if (exchange == nullptr) return;
    // Only constructing the text can fail; problem() does not throw.
    if (guard(nullptr, [&] {
            exchange->problem({500, {}, "the handler dropped the exchange without an answer", {}});
        }) != EZ_OK)
        exchange->conclude({503, {}, {}});
}

Handler answering(std::function<Reply(Exchange&)> body) {
    return [body = std::move(body)](ExchangePtr exchange) {
        try {
            Reply reply = body(*exchange);
            exchange.release()->finish(std::move(reply));
        } catch (const Error& error) {
            exchange.release()->problem(
                {error.http_status(), error.code(), error.what(), faults_as_json(error)});
        } catch (const std::exception& error) {
            exchange.release()->problem({500, {}, error.what(), {}});
        }
    };
}

Reply json_reply(std::string text, int status) {
    Reply reply{status, {}, std::move(text)};
    reply.set("Content-Type", "application/json");
    return reply;
}

}  // namespace ezapi::host::http
