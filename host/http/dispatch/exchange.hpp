// One request and its reply: the type behind the ABI's ez_exchange. The handler owns it until it
// replies, which may be later and on another thread; replying frees it.
//
//     spec.handler = answering([](Exchange& exchange) {
//         return Reply{200, {}, "{\"id\":" + std::string(exchange.param("id")) + "}"};
//     });
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ezapi/abi.h"
#include "host/http/policy/access.hpp"
#include "host/http/routing/exchange_ptr.hpp"
#include "host/http/routing/router.hpp"
#include "host/http/wire/connection.hpp"
#include "host/http/wire/problem.hpp"

namespace ezapi::host::http {

/// Sends replies; implemented by the server. Any thread.
class Desk {
public:
    virtual ~Desk() = default;
    /// True: the exchange is kept and concluded later; otherwise the caller still owns it.
    [[nodiscard]] virtual bool postpone(ez_exchange& exchange, Reply& reply) noexcept = 0;
    /// Adds the common headers, measures the reply and passes it to the connection.
    virtual void answer(ez_exchange& exchange, Reply reply) noexcept = 0;
};

}  // namespace ezapi::host::http

struct ez_exchange {
public:
    using Clock = std::chrono::steady_clock;

    /// The caller has entered the route's gate; the destructor leaves it.
    ez_exchange(std::shared_ptr<ezapi::host::http::Desk> desk,
                ezapi::host::http::ConnectionPtr connection,
                ezapi::host::http::Request request,
                std::string client_ip,
                std::string request_id,
                ezapi::host::http::Match match);
    ez_exchange(const ez_exchange&) = delete;
    ez_exchange& operator=(const ez_exchange&) = delete;

    [[nodiscard]] std::string_view method() const noexcept { return request_.head.method; }

    [[nodiscard]] std::string_view path() const noexcept { return request_.head.path(); }

    /// Empty when no route matched.
    [[nodiscard]] std::string_view pattern() const noexcept;

    [[nodiscard]] std::string_view body() const noexcept { return request_.body; }

    [[nodiscard]] std::string_view client_ip() const noexcept { return client_ip_; }

    [[nodiscard]] std::string_view request_id() const noexcept { return request_id_; }

    /// Whether the client chose it.
    [[nodiscard]] bool request_id_is_given() const noexcept;

    /// Decoded; empty: none of that name.
    [[nodiscard]] std::string_view param(std::string_view name) const noexcept;
    /// Name in any case; several of one name joined by ", ".
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;

    /// Decoded, in order.
    [[nodiscard]] const ezapi::host::http::NameValues& query() const noexcept { return query_; }

    [[nodiscard]] const ezapi::host::http::Caller& caller() const noexcept { return caller_; }

    /// Of the reply. Fields that violate RFC 9110 are dropped, and so are those that the host sets
    /// (length, date, connection, request id).
    void set_header(std::string_view name, std::string_view value);

    [[nodiscard]] const ezapi::host::http::NameValues& headers_set() const noexcept {
        return headers_;
    }

    /// Sends and frees.
    void finish(int status, std::string body) noexcept;
    void finish(ezapi::host::http::Reply reply) noexcept;
    void problem(const ezapi::host::http::Problem& problem) noexcept;

    // For the server.

    /// Sends a postponed reply, and frees.
    void conclude(ezapi::host::http::Reply reply) noexcept;

    [[nodiscard]] const ezapi::host::http::Route* route() const noexcept { return route_.get(); }

    [[nodiscard]] const ezapi::host::http::ConnectionPtr& connection() const noexcept {
        return connection_;
    }

    [[nodiscard]] const ezapi::host::http::Head& head() const noexcept { return request_.head; }

    [[nodiscard]] Clock::time_point begin() const noexcept { return begin_; }

    /// Unique in the process.
    [[nodiscard]] uint64_t number() const noexcept { return number_; }

    void set_caller(ezapi::host::http::Caller caller) { caller_ = std::move(caller); }

private:
    ~ez_exchange();
    void log_fault(const std::string& detail) const noexcept;

    std::shared_ptr<ezapi::host::http::Desk> desk_;
    ezapi::host::http::ConnectionPtr connection_;
    ezapi::host::http::Request request_;
    std::string client_ip_;
    std::string request_id_;
    ezapi::host::http::RoutePtr route_;
    std::vector<std::pair<std::string, std::string>> params_;
    ezapi::host::http::NameValues query_;
    ezapi::host::http::Caller caller_;
    ezapi::host::http::NameValues headers_;
    mutable std::deque<std::string> joined_;  // storage of the values that header() returned
    Clock::time_point begin_;
    uint64_t number_;
};

namespace ezapi::host::http {

using Exchange = ::ez_exchange;

/// A handler that replies at once with what `body` returns, or with the problem of the Error that
/// it throws.
[[nodiscard]] Handler answering(std::function<Reply(Exchange&)> body);

/// A reply with a JSON text.
[[nodiscard]] Reply json_reply(std::string text, int status = 200);

}  // namespace ezapi::host::http
