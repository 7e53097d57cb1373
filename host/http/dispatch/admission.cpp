// Checks of a request before its body is read: the route, the credential, and the body's coding,
// type and size.
#include <algorithm>

#include "ezapi/http.hpp"
#include "host/http/dispatch/dispatcher.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

constexpr uint64_t kPublicBytes = 64 * 1024;   // largest body of a public route, unless the route
                                               // sets another limit
constexpr uint64_t kUnaskedBytes = 16 * 1024;  // of a body that is read before a master's
                                               // credential is looked up

Problem unsupported(const char* header, const char* expected, const std::string& found) {
    return {415,
            "unsupported_media_type",
            std::string(header) + ": expected " + expected + ", found '" + shortened(found) + "'",
            {}};
}

/// Other content types are checked by the handler.
bool takes_only_json(const Route& route) {
    const auto& types = route.body_types;
    return !types.empty() && std::all_of(types.begin(), types.end(), [](const std::string& type) {
        return is_json_type(type);
    });
}

std::optional<Problem> fault_of_body(const Route& route, const Head& head) {
    if (!route.takes_body && head.content_length > 0) {
        return Problem{400, "unexpected_body", "body: this route takes none", {}};
    }
    const auto coding = head.field("content-encoding");
    if (coding && !route.takes_coding && !equal_ignoring_case(*coding, "identity")) {
        return unsupported("Content-Encoding", "none", *coding);
    }
    const auto type = head.field("content-type");
    if (type && takes_only_json(route) && !is_json_type(*type)) {
        return unsupported("Content-Type", "application/json in UTF-8", *type);
    }
    return std::nullopt;
}

/// Whether a master's credential was sent, which has to be looked up in the database.
bool must_ask(const Head& head) {
    const auto authorization = head.field("authorization");
    return authorization && bearer_of(*authorization);
}

}  // namespace

uint64_t Dispatcher::body_limit_of(const Route& route) const noexcept {
    if (!route.takes_body) return 0;
    const uint64_t own = route.spec.max_body;
    const uint64_t usual = route.spec.access == EZ_PUBLIC ? kPublicBytes : body_bytes_;
    return std::min(own != 0 ? own : usual, body_bytes_);
}

Ruling Dispatcher::judge(const Connection& connection, const Head& head) {
    if (head.target == "*") return {};
    const auto match = routes.table()->find(head.method, head.path());
    if (!match || !match->route) return {};
    const Route& route = *match->route;
    const int32_t access_kind = route.spec.access;
    Ruling ruling;
    ruling.body_limit = body_limit_of(route);
    const bool asks = access_kind == EZ_MASTER && must_ask(head);
    if (!asks) {
        const bool only_reads = (route.spec.flags & EZ_ROUTE_READS) != 0;
        auto verdict = access.admit(access_kind,
                                    only_reads ? std::string_view("GET") : head.method,
                                    head.field("authorization"),
                                    client_ip_of(connection, head));
        if (auto* problem = std::get_if<Problem>(&verdict)) {
            ruling.problem = std::move(*problem);
            return ruling;
        }
        ruling.trust = trust_of(access_kind);
    }
    if (auto problem = fault_of_body(route, head)) {
        ruling.problem = std::move(problem);
        return ruling;
    }
    const bool is_small =
        !head.chunked && !head.expects_continue && head.content_length <= kUnaskedBytes;
    ruling.next = asks && !is_small ? Ruling::Next::kAsk : Ruling::Next::kRead;
    return ruling;
}

void Dispatcher::ask(const ConnectionPtr& connection, const Head& head) {
    auto task = [this,
                 connection,
                 method = head.method,
                 authorization = head.field("authorization"),
                 client_ip = client_ip_of(*connection, head)] {
        try {
            auto verdict = access.admit(EZ_MASTER, method, authorization, client_ip);
            std::optional<Problem> problem;
            if (auto* found = std::get_if<Problem>(&verdict)) problem = std::move(*found);
            connection->judged(std::move(problem));
        } catch (const std::exception& error) {
            telemetry::log(EZ_LOG_ERROR, "http", error.what());
            connection->cut();
        }
    };
    if (executor_->post(std::move(task))) return;
    observer_->refused("queue_full");
    connection->judged(Problem{503, "overloaded", "too many requests are waiting; try again", {}});
}

void Dispatcher::resume(const ConnectionPtr& connection) {
    if (Executor::on_worker()) return connection->go_on();
    const bool posted = executor_->post_admitted([connection] {
        try {
            connection->go_on();
        } catch (const std::exception& error) {
            telemetry::log(EZ_LOG_ERROR, "http", error.what());
        }
    });
    if (!posted) connection->cut();
}

}  // namespace ezapi::host::http
