#include "host/http/wire/listener.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

// Pistache's headers do not compile without these warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
#include <pistache/endpoint.h>
#include <pistache/http.h>
#include <pistache/peer.h>
#pragma GCC diagnostic pop

#include <cstdlib>

#include "ezapi/error.hpp"
#include "ezapi/network.hpp"
#include "host/http/memory/out_of_memory.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

namespace Tcp = Pistache::Tcp;
namespace Http = Pistache::Http;

constexpr const char* kConnectionData = "ezapi.connection";

void set_option(int descriptor, int level, int name, int value) noexcept {
    ::setsockopt(descriptor, level, name, &value, sizeof value);
}

/// "::ffff:10.0.0.1" of a dual-stack socket is the client 10.0.0.1; brackets and zones are left
/// out.
std::string plain_address(std::string text) {
    const auto endpoint = parse_endpoint(text);
    return endpoint ? endpoint->address.text() : std::move(text);
}

/// Pistache calls it on its I/O threads, one clone a thread; an exception would end the process.
class Guard : public Http::Handler {
public:
    HTTP_PROTOTYPE(Guard)

    explicit Guard(Listener::Accept accept)
        : accept_(std::move(accept)), parser_(std::make_shared<Http::RequestParser>(1)) {}

    void onRequest(const Http::Request&, Http::ResponseWriter) override {}

    void onConnection(const std::shared_ptr<Tcp::Peer>& peer) override {
        const InCallback scope;
        try {
            // Pistache's idle check reads each peer's parser; one unused parser serves all peers.
            peer->putData(ParserData, parser_);
            const int descriptor = ::fcntl(peer->fd(), F_DUPFD_CLOEXEC, 0);
            if (descriptor < 0) return refuse(*peer, "no descriptor left");
            set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
            auto connection = accept_(descriptor, plain_address(peer->address().host()));
            if (!connection) return refuse(*peer, {});
            peer->putData(kConnectionData, std::move(connection));
        } catch (const std::exception& error) {
            refuse(*peer, error.what());
        }
    }

    void onInput(const char* buffer,
                 size_t length,
                 const std::shared_ptr<Tcp::Peer>& peer) override {
        const InCallback scope;
        try {
            if (const auto connection = of(*peer)) connection->on_input({buffer, length});
        } catch (const std::exception& error) {
            refuse(*peer, error.what());
        }
    }

    void onDisconnection(const std::shared_ptr<Tcp::Peer>& peer) override {
        const InCallback scope;
        try {
            if (const auto connection = of(*peer)) connection->on_input_end();
        } catch (const std::exception& error) {
            (void)guard(nullptr, [&] {
                telemetry::log(
                    EZ_LOG_ERROR, "http", std::string("end of a connection: ") + error.what());
            });
        }
    }

private:
    static std::shared_ptr<Connection> of(const Tcp::Peer& peer) {
        return std::static_pointer_cast<Connection>(peer.tryGetData(kConnectionData));
    }

    static void refuse(const Tcp::Peer& peer, std::string_view reason) noexcept {
        if (!reason.empty()) {
            (void)guard(nullptr, [&] {
                telemetry::log(EZ_LOG_ERROR, "http", "connection dropped: " + std::string(reason));
            });
        }
        ::shutdown(peer.fd(), SHUT_RDWR);  // Pistache sees the end and removes the peer
    }

    Listener::Accept accept_;
    std::shared_ptr<Http::RequestParser> parser_;
};

Pistache::Address address_of(const std::string& host, uint16_t port) {
    return Pistache::Address(host, Pistache::Port(port));
}

/// Whether the descriptor is a socket that listens on `port`.
bool listens_on(int descriptor, uint16_t port) noexcept {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) return false;
    sockaddr_storage name{};
    socklen_t name_size = sizeof name;
    if (listening == 0 ||
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &name_size) != 0) {
        return false;
    }
    // The port has the same offset in sockaddr_in and sockaddr_in6.
    return ntohs(reinterpret_cast<const sockaddr_in*>(&name)->sin_port) == port;
}

int find_listening_descriptor(uint16_t port) noexcept {
    DIR* folder = ::opendir("/proc/self/fd");
    if (folder == nullptr) return -1;
    int found = -1;
    while (const dirent* entry = ::readdir(folder)) {
        char* end = nullptr;
        const long number = std::strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || *end != '\0') continue;
        if (listens_on(static_cast<int>(number), port)) found = static_cast<int>(number);
    }
    ::closedir(folder);
    return found;
}

}  // namespace

struct Listener::Endpoint {
    explicit Endpoint(const Pistache::Address& address) : pistache(address) {}

    Http::Endpoint pistache;
    uint16_t port = 0;
    int listening = -1;
};

Listener::Listener(const std::string& address, uint16_t port, int threads, Accept accept) {
    try {
        // Pistache's own time limits are disabled; Connection has its own.
        constexpr auto kNever = std::chrono::hours(24 * 3650);
        const auto options = Http::Endpoint::options()
                                 .threads(threads)
                                 .threadsName(kNetworkThread)
                                 .flags(Tcp::Options::ReuseAddr | Tcp::Options::CloseOnExec)
                                 .headerTimeout(kNever)
                                 .bodyTimeout(kNever)
                                 .keepaliveTimeout(kNever);
        endpoint_ = std::make_unique<Endpoint>(address_of(address, port));
        endpoint_->pistache.setHandler(std::make_shared<Guard>(std::move(accept)));
        endpoint_->pistache.init(options);
        install_out_of_memory_rule();
        {
            const ThreadNamed inherited(kAcceptThread);
            endpoint_->pistache.serveThreaded();
        }
        endpoint_->port = endpoint_->pistache.getPort();
        endpoint_->listening = find_listening_descriptor(endpoint_->port);
    } catch (const std::exception& error) {
        throw Error(EZ_UNAVAILABLE,
                    "HTTP server: cannot listen on " + address + " port " + std::to_string(port) +
                        ": " + error.what());
    }
}

Listener::~Listener() {
    endpoint_->pistache.shutdown();
}

uint16_t Listener::port() const noexcept {
    return endpoint_->port;
}

/// Pistache can stop listening only together with its I/O threads. Instead, an unconnected socket
/// replaces the listening one under its descriptor: the kernel closes the listening socket and
/// refuses clients, and Pistache's accept thread gets no further events.
void Listener::stop_accepting() noexcept {
    if (endpoint_->listening < 0) return;
    const int idle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (idle >= 0) {
        ::dup3(idle, endpoint_->listening, O_CLOEXEC);
        ::close(idle);
    }
    endpoint_->listening = -1;
}

}  // namespace ezapi::host::http
