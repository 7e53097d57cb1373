// The dispatching side of the server: from a whole request to its handler and back. Shared with
// connections and exchanges, which may outlive the server.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/http/dispatch/awaiting.hpp"
#include "host/http/dispatch/exchange.hpp"
#include "host/http/dispatch/executor.hpp"
#include "host/http/dispatch/server_options.hpp"
#include "host/http/policy/access.hpp"
#include "host/http/policy/cors.hpp"
#include "host/http/policy/proxies.hpp"
#include "host/http/routing/routes.hpp"
#include "host/http/wire/connection.hpp"
#include "host/http/wire/observe.hpp"

namespace ezapi::host::http {

class Dispatcher final : public Front,
                         public Desk,
                         public std::enable_shared_from_this<Dispatcher> {
public:
    /// Throws EZ_INVALID for invalid options.
    Dispatcher(const ServerOptions& options,
               telemetry::Metrics* metrics,
               std::shared_ptr<Observer> observer);

    /// Starts the workers; before the first connection.
    void start();
    /// Runs what is queued, then ends the workers. Safe without start().
    void stop();

    Routes routes;
    Access access;
    const std::shared_ptr<Awaiting> awaiting;

    [[nodiscard]] const Proxies& proxies() const noexcept { return proxies_; }

    /// Requests that wait for a worker.
    [[nodiscard]] size_t queued() const;

    // Front
    Ruling judge(const Connection& connection, const Head& head) override;
    void ask(const ConnectionPtr& connection, const Head& head) override;
    void serve(const ConnectionPtr& connection,
               Request request,
               std::optional<Problem> problem) override;
    Reply refuse(const Fault& fault, const std::optional<std::string>& origin) override;
    void resume(const ConnectionPtr& connection) override;

    // Desk
    bool postpone(ez_exchange& exchange, Reply& reply) noexcept override;
    void answer(ez_exchange& exchange, Reply reply) noexcept override;

private:
    [[nodiscard]] std::string client_ip_of(const Connection& connection, const Head& head) const;
    [[nodiscard]] uint64_t body_limit_of(const Route& route) const noexcept;
    void answer_asterisk(ExchangePtr exchange) const;
    void dispatch(ExchangePtr exchange);
    void run(ExchangePtr exchange) noexcept;
    [[nodiscard]] bool admit(ExchangePtr& exchange);
    [[nodiscard]] bool check_query(ExchangePtr& exchange);
    void answer_unmatched(ExchangePtr exchange, const std::vector<std::string>& allowed);

    const std::shared_ptr<Observer> observer_;
    const size_t workers_;
    const size_t queue_;
    const uint64_t body_bytes_;  // largest body, unless the route has a lower limit
    Cors cors_;
    Proxies proxies_;
    std::unique_ptr<Executor> executor_;
};

}  // namespace ezapi::host::http
