#include "tests/bench/load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <utility>

namespace ezapi::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPatienceMs = 300000;

/// The number after `name` in a head, or 0. Both servers write the header names in this case.
size_t content_length(std::string_view head) {
    for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
        const size_t at = head.find(name);
        if (at == std::string_view::npos) continue;
        size_t value = 0;
        const char* begin = head.data() + at + name.size();
        std::from_chars(begin, head.data() + head.size(), value);
        return value;
    }
    return 0;
}

/// For an answer of unknown length. There is one request at a time, so the last chunk ends the
/// input.
bool is_chunked(std::string_view head) {
    return head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string_view::npos;
}

class Connection {
public:
    explicit Connection(const Target& target) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(target.port);
        inet_pton(AF_INET, target.host.c_str(), &address.sin_addr);
        const int on = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("connect to " + target.host + ":" +
                                     std::to_string(target.port) + ": " + std::strerror(errno));
        }
    }

    ~Connection() { close(socket_); }

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] int socket() const { return socket_; }

    void send(std::string request) {
        request_ = std::move(request);
        begin_ = Clock::now();
        send_again();
    }

    /// Blocks: the request fits into the socket buffers, or the server is reading.
    void send_again() {
        for (size_t sent = 0; sent < request_.size();) {
            const ssize_t n =
                ::send(socket_, request_.data() + sent, request_.size() - sent, MSG_NOSIGNAL);
            if (n < 0) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
            sent += static_cast<size_t>(n);
        }
        answer_.clear();
    }

    /// Receives available bytes; returns the status once the answer is complete, otherwise 0.
    int receive() {
        char buffer[65536];
        const ssize_t n = recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n == 0) throw std::runtime_error("the server closed the connection");
        if (n < 0) {
            if (errno == EAGAIN || errno == EINTR) return 0;
            throw std::runtime_error(std::string("recv: ") + std::strerror(errno));
        }
        answer_.append(buffer, static_cast<size_t>(n));
        const size_t end = answer_.find("\r\n\r\n");
        if (end == std::string::npos) return 0;
        const std::string_view head(answer_.data(), end + 2);
        if (is_chunked(head) ? !answer_.ends_with("\r\n0\r\n\r\n")
                             : answer_.size() < end + 4 + content_length(head))
            return 0;
        return std::stoi(answer_.substr(9, 3));
    }

    [[nodiscard]] double milliseconds() const {
        return std::chrono::duration<double, std::milli>(Clock::now() - begin_).count();
    }

    [[nodiscard]] const std::string& answer() const { return answer_; }

private:
    int socket_;
    std::string request_;
    std::string answer_;
    Clock::time_point begin_;
};

class Loop {
public:
    Loop(const Target& target, const LoadOptions& options)
        : options_(options), epoll_(epoll_create1(0)) {
        head_ = options.method + " " + options.path + " HTTP/1.1\r\nHost: " + target.host +
                "\r\nContent-Type: application/json\r\n";
        if (!target.bearer.empty()) head_ += "Authorization: Bearer " + target.bearer + "\r\n";
        for (const auto& [name, value] : options.headers) head_ += name + ": " + value + "\r\n";
        for (size_t i = 0; i < options.connections; ++i) {
            connections_.push_back(std::make_unique<Connection>(target));
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i]->socket(), &event);
        }
    }

    ~Loop() { close(epoll_); }

    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    LoadResult run() {
        result_.latencies_ms.reserve(options_.requests);
        const auto begin = Clock::now();
        for (const auto& connection : connections_) send_next(*connection);
        while (done_ < options_.requests) turn();
        result_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        return std::move(result_);
    }

private:
    void send_next(Connection& connection) {
        if (sent_ == options_.requests) return;
        const std::string body = options_.body ? options_.body(sent_) : std::string();
        ++sent_;
        connection.send(head_ + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                        body);
    }

    void turn() {
        epoll_event events[64];
        const int wait_ms = refused_.empty() ? kPatienceMs : 1;
        const int ready = epoll_wait(epoll_, events, 64, wait_ms);
        if (ready == 0 && refused_.empty())
            throw std::runtime_error("no answer for " + std::to_string(kPatienceMs) + " ms");
        for (int i = 0; i < ready; ++i) take(events[i].data.u64);
        while (!refused_.empty() && refused_.front().first <= Clock::now()) {
            connections_[refused_.front().second]->send_again();
            refused_.pop_front();
        }
    }

    void take(size_t number) {
        Connection& connection = *connections_[number];
        const int status = connection.receive();
        if (status == 0) return;
        if (status == 429 || status == 503) {
            ++result_.refused;
            refused_.emplace_back(Clock::now() + std::chrono::milliseconds(kBackOffMs), number);
            return;
        }
        if (status < 200 || status > 299) {
            throw std::runtime_error(options_.method + " " + options_.path + ": " +
                                     connection.answer().substr(0, 1000));
        }
        ++result_.statuses[status];
        ++done_;
        result_.latencies_ms.push_back(connection.milliseconds());
        send_next(connection);
    }

    const LoadOptions& options_;
    int epoll_;
    std::string head_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::deque<std::pair<Clock::time_point, size_t>> refused_;
    size_t sent_ = 0;
    size_t done_ = 0;
    LoadResult result_;
};

}  // namespace

Target target_of(const std::string& url, std::string bearer) {
    constexpr std::string_view kScheme = "http://";
    const size_t colon = url.rfind(':');
    if (!url.starts_with(kScheme) || colon == std::string::npos || colon < kScheme.size()) {
        throw std::invalid_argument("expected http://<address>:<port>, found '" + url + "'");
    }
    Target target;
    target.host = url.substr(kScheme.size(), colon - kScheme.size());
    if (target.host == "localhost") target.host = "127.0.0.1";
    target.port = static_cast<std::uint16_t>(std::stoul(url.substr(colon + 1)));
    target.bearer = std::move(bearer);
    return target;
}

LoadResult run_load(const Target& target, const LoadOptions& options) {
    return Loop(target, options).run();
}

}  // namespace ezapi::bench
