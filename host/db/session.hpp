// One session of Poco::Data::PostgreSQL: how it is opened and disposed of. Poco 1.11 leaks a
// session whose connection is broken; it is therefore kept in the graveyard until the server
// answers again, reset and closed properly.
#pragma once

#include <memory>
#include <string>

#include "ezapi/error.hpp"
#include "host/db/side_thread.hpp"

struct pg_conn;  // libpq's PGconn

namespace ezapi::host::db {

/// No session can be opened. The reason is for logs and operators; the message may reach clients.
class Unreachable : public Error {
public:
    explicit Unreachable(std::string why);

    [[nodiscard]] const std::string& why() const noexcept { return why_; }

private:
    std::string why_;
};

class Session {
public:
    /// Blocks until connected. Throws Unreachable.
    explicit Session(const std::string& dsn);
    /// Repairs a broken one first, with one attempt to connect.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] pg_conn* handle() const noexcept { return handle_; }

    [[nodiscard]] bool broken() const noexcept;
    /// Reconnects a broken one, so that it can be destroyed without a leak. Blocks on the network.
    void repair() noexcept;

private:
    struct Poco;
    std::unique_ptr<Poco> poco_;
    pg_conn* handle_ = nullptr;
};

class Graveyard {
public:
    Graveyard();
    /// Closes the rest, which blocks on the network.
    ~Graveyard();
    Graveyard(const Graveyard&) = delete;
    Graveyard& operator=(const Graveyard&) = delete;

    /// A working session is closed at once.
    void add(std::unique_ptr<Session> session);
    /// Call when the server was found reachable.
    void bury();

private:
    struct State;
    std::shared_ptr<State> state_;
    SideThread thread_;
};

}  // namespace ezapi::host::db
