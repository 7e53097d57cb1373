#include "host/db/session.hpp"

#include <Poco/Data/PostgreSQL/Connector.h>
#include <Poco/Data/PostgreSQL/SessionHandle.h>
#include <Poco/Data/PostgreSQL/Utility.h>
#include <Poco/Data/Session.h>
#include <Poco/Exception.h>
#include <libpq-fe.h>

namespace ezapi::host::db {
namespace {

/// Why the server cannot be used; empty: it can.
std::string trial(const std::string& dsn) {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(dsn.c_str()), PQfinish);
    if (PQstatus(connection.get()) == CONNECTION_OK) return {};
    const std::string why = PQerrorMessage(connection.get());
    return why.empty() ? "out of memory" : why.substr(0, why.find('\n'));
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

Unreachable::Unreachable(const std::string& pool, std::string why)
    : Error(Error(EZ_UNAVAILABLE, pool + ": the database cannot be reached")
                .with_code("database_unavailable")),
      why_(std::move(why)) {}

struct Session::Poco {
    ::Poco::Data::Session session;
};

Session::Session(const std::string& pool, const std::string& dsn) {
    // Poco leaks a connection that fails, so it only gets to make one where one was just made.
    if (const std::string why = trial(dsn); !why.empty()) throw Unreachable(pool, why);
    try {
        ::Poco::Data::PostgreSQL::Connector connector;
        poco_ = std::make_unique<Poco>(Poco{::Poco::Data::Session(
            connector.createSession(dsn, ::Poco::Data::SessionImpl::LOGIN_TIMEOUT_DEFAULT))});
    } catch (const ::Poco::Exception& error) {
        const std::string why = error.message();
        throw Unreachable(pool, why.substr(0, why.find('\n')));
    }
    handle_ = static_cast<PGconn*>(*::Poco::Data::PostgreSQL::Utility::handle(poco_->session));
    PQsetNoticeReceiver(handle_, ignore_notice, nullptr);
    PQsetnonblocking(handle_, 1);
}

Session::~Session() = default;

bool Session::broken() const noexcept {
    return PQstatus(handle_) != CONNECTION_OK;
}

void Session::repair() noexcept {
    PQreset(handle_);
}

Graveyard::~Graveyard() {
    if (broken_.empty() || PQping(dsn_.c_str()) != PQPING_OK) return;
    for (const std::unique_ptr<Session>& session : broken_) session->repair();
}

void Graveyard::add(std::unique_ptr<Session> session) {
    if (!session->broken()) return;
    const std::lock_guard lock(mutex_);
    broken_.push_back(std::move(session));
}

void Graveyard::bury() {
    auto sessions = std::make_shared<Sessions>();
    {
        const std::lock_guard lock(mutex_);
        sessions->swap(broken_);
    }
    if (sessions->empty()) return;
    thread_.post([sessions] {
        for (const std::unique_ptr<Session>& session : *sessions) session->repair();
        sessions->clear();
    });
}

}  // namespace ezapi::host::db
