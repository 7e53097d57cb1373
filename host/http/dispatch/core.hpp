// The implementation of Server, shared with its connections and exchanges: from a whole request to
// its reply.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/http/dispatch/awaiting.hpp"
#include "host/http/dispatch/exchange.hpp"
#include "host/http/dispatch/executor.hpp"
#include "host/http/dispatch/observe.hpp"
#include "host/http/dispatch/server.hpp"
#include "host/http/memory/budget.hpp"
#include "host/http/memory/clients.hpp"
#include "host/http/memory/heap.hpp"
#include "host/http/policy/cors.hpp"
#include "host/http/policy/proxies.hpp"
#include "host/http/routing/routes.hpp"
#include "host/http/wire/listener.hpp"
#include "host/http/wire/slow_writer.hpp"

namespace ezapi::host::http {

class Server::Core final : public Front, public Desk, public std::enable_shared_from_this<Core> {
public:
    Core(ServerOptions options, telemetry::Metrics* metrics);

    void start();
    void stop_accepting() noexcept;
    bool drain(std::chrono::steady_clock::time_point deadline);
    void stop();

    // Front
    Ruling judge(const Connection& connection, const Head& head) override;
    void ask(const ConnectionPtr& connection, const Head& head) override;
    void serve(const ConnectionPtr& connection,
               Request request,
               std::optional<Problem> problem) override;
    Reply refuse(const Fault& fault, const std::optional<std::string>& origin) override;
    void hand_to_drain(const ConnectionPtr& connection) override;

    [[nodiscard]] bool ending() const noexcept override { return ending_.load(); }

    void resume(const ConnectionPtr& connection) override;
    void relieve(const Connection& connection) noexcept override;
    void forget(const Client& client) noexcept override;

    // Desk
    bool postpone(ez_exchange& exchange, Reply& reply) noexcept override;
    void answer(ez_exchange& exchange, Reply reply) noexcept override;

    Routes routes;
    Access access;
    Observer observer;
    const std::shared_ptr<Awaiting> awaiting;
    std::atomic<uint16_t> port = 0;

    [[nodiscard]] size_t connection_count() const noexcept { return connections_.load(); }

    [[nodiscard]] int64_t held_bytes() const noexcept { return budget_->total(); }

private:
    ConnectionPtr accept(int descriptor, const std::string& client_ip);
    [[nodiscard]] std::shared_ptr<Client> enter(const std::string& client_ip);
    [[nodiscard]] std::string client_ip_of(const Connection& connection, const Head& head) const;
    [[nodiscard]] uint64_t body_limit_of(const Route& route) const noexcept;
    void answer_asterisk(ExchangePtr exchange) const;
    [[nodiscard]] ConnectionPtr worst_for(const Connection& asker,
                                          const std::vector<ConnectionPtr>& connections) const;
    void dispatch(ExchangePtr exchange);
    void run(ExchangePtr exchange) noexcept;
    [[nodiscard]] bool admit(ExchangePtr& exchange);
    [[nodiscard]] bool check_query(ExchangePtr& exchange);
    void answer_unmatched(ExchangePtr exchange, const std::vector<std::string>& allowed);
    void watch_figures();
    void watch_clock();
    [[nodiscard]] std::vector<ConnectionPtr> alive();
    void fit_descriptors();

    ServerOptions options_;
    Cors cors_;
    Proxies proxies_;
    std::unique_ptr<Executor> executor_;
    std::unique_ptr<SlowWriter> slow_writer_;
    std::unique_ptr<Listener> listener_;
    std::atomic<bool> ending_ = false;   // shutting down: replies close their connections
    std::atomic<bool> stopped_ = false;  // new connections are refused
    std::atomic<size_t> connections_ = 0;
    Clients clients_;
    const std::shared_ptr<Budget> budget_;
    std::mutex relieving_;
    Heap heap_;  // used by the clock thread

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<std::weak_ptr<Connection>> known_;  // expired entries are removed by alive()
    bool stopping_ = false;
    std::thread clock_;
};

}  // namespace ezapi::host::http
