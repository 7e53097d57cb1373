#include "host/db/session.hpp"

#include <Poco/Data/PostgreSQL/Connector.h>
#include <Poco/Data/PostgreSQL/SessionHandle.h>
#include <Poco/Data/PostgreSQL/Utility.h>
#include <Poco/Data/Session.h>
#include <Poco/Exception.h>
#include <libpq-fe.h>

#include <mutex>
#include <vector>

namespace ezapi::host::db {
namespace {

/// Why the server cannot be reached; empty: it can.
std::string trial(const std::string& dsn) {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(dsn.c_str()), PQfinish);
    if (PQstatus(connection.get()) == CONNECTION_OK) return {};
    const std::string why = PQerrorMessage(connection.get());
    return why.empty() ? "out of memory" : why.substr(0, why.find('\n'));
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

Unreachable::Unreachable(std::string why)
    : Error(Error(EZ_UNAVAILABLE, "the database cannot be reached")
                .with_code("database_unavailable")),
      why_(std::move(why)) {}

struct Session::Poco {
    ::Poco::Data::Session session;
};

Session::Session(const std::string& dsn) {
    // Poco leaks a connection that fails while it is opened, so a trial connection is made with
    // libpq first. It still leaks if the server goes away in between.
    if (const std::string why = trial(dsn); !why.empty()) throw Unreachable(why);
    try {
        ::Poco::Data::PostgreSQL::Connector connector;
        poco_ = std::make_unique<Poco>(Poco{::Poco::Data::Session(
            connector.createSession(dsn, ::Poco::Data::SessionImpl::LOGIN_TIMEOUT_DEFAULT))});
    } catch (const ::Poco::Exception& error) {
        const std::string why = error.message();
        throw Unreachable(why.substr(0, why.find('\n')));
    }
    handle_ = static_cast<PGconn*>(*::Poco::Data::PostgreSQL::Utility::handle(poco_->session));
    PQsetNoticeReceiver(handle_, ignore_notice, nullptr);
    PQsetnonblocking(handle_, 1);
}

Session::~Session() {
    if (broken()) repair();
}

bool Session::broken() const noexcept {
    return PQstatus(handle_) != CONNECTION_OK;
}

void Session::repair() noexcept {
    PQreset(handle_);
}

struct Graveyard::State {
    std::mutex mutex;
    std::vector<std::unique_ptr<Session>> broken;

    /// Closes the sessions that can be closed; the others stay.
    void bury() {
        std::vector<std::unique_ptr<Session>> sessions;
        {
            const std::lock_guard lock(mutex);
            sessions.swap(broken);
        }
        for (std::unique_ptr<Session>& session : sessions) {
            session->repair();
            if (!session->broken()) continue;
            const std::lock_guard lock(mutex);
            broken.push_back(std::move(session));
        }
    }
};

Graveyard::Graveyard() : state_(std::make_shared<State>()) {}

Graveyard::~Graveyard() = default;

void Graveyard::add(std::unique_ptr<Session> session) {
    if (!session->broken()) return;
    const std::lock_guard lock(state_->mutex);
    state_->broken.push_back(std::move(session));
}

void Graveyard::bury() {
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->broken.empty()) return;
    }
    thread_.post([state = state_] { state->bury(); });
}

}  // namespace ezapi::host::db
