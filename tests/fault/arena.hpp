// Two instances on one PostgreSQL and one Redis, each reached through a proxy of its own, and all
// that can be done to them.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "tests/fault/judge.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace ezapi::tests {

class Arena {
public:
    explicit Arena(std::map<std::string, std::string> environment = {});

    /// Why it cannot be here; empty: it can.
    [[nodiscard]] static std::string missing();

    struct Place {
        std::unique_ptr<TcpProxy> to_postgres;
        std::unique_ptr<TcpProxy> to_redis;
        std::unique_ptr<Instance> instance;
    };

    PrivatePostgres postgres{
        Durability::durable};  // as outside of tests: what is acknowledged stays
    PrivateRedis redis;
    std::array<Place, 2> places;

    /// What each of them holds of flags, tokens and namespaces, read past the instances.
    [[nodiscard]] State in_database() const;
    [[nodiscard]] State in_redis() const;

    /// Nothing waits to be pushed, and both hold the same.
    [[nodiscard]] bool converged() const;

private:
    std::string dsn_;  // without a proxy
};

/// A DSN or host:port with the port of a proxy.
[[nodiscard]] std::string through(const TcpProxy& proxy, const std::string& dsn);

}  // namespace ezapi::tests
