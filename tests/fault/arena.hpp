// Two instances on one PostgreSQL and one Redis, each reached through its own proxy, and the faults
// that can be applied to them.
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

    /// Why the arena cannot run here; empty: it can.
    [[nodiscard]] static std::string missing();

    struct Place {
        std::unique_ptr<TcpProxy> to_postgres;
        std::unique_ptr<TcpProxy> to_redis;
        std::unique_ptr<Instance> instance;
    };

    PrivatePostgres postgres{
        Durability::durable};  // as in production: what is acknowledged survives
    PrivateRedis redis;
    std::array<Place, 2> places;

    /// Their flags, tokens and namespaces, read directly and not through the instances.
    [[nodiscard]] State in_database() const;
    [[nodiscard]] State in_redis() const;

    /// True when nothing waits to be pushed, and both stores are equal.
    [[nodiscard]] bool converged() const;

private:
    std::string dsn_;  // without a proxy
};

/// A DSN or host:port with the port replaced by that of a proxy.
[[nodiscard]] std::string through(const TcpProxy& proxy, const std::string& dsn);

}  // namespace ezapi::tests
