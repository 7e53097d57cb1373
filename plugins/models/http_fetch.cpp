#include "http_fetch.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/URI.h>

#include <condition_variable>
#include <istream>
#include <memory>
#include <mutex>
#include <thread>

#include "ezapi/error.hpp"

namespace ezapi::models {

namespace {

using Clock = std::chrono::steady_clock;
using Poco::Net::HTTPClientSession;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

constexpr std::chrono::milliseconds kLook{100};

Poco::Timespan span(std::chrono::milliseconds time) {
    return Poco::Timespan(std::chrono::microseconds(time).count());
}

/// Cuts a session's connection when the deadline passes or the caller gives up: Poco's own limits
/// are for one read each, and a server that drips would never reach them.
class Watchdog {
public:
    Watchdog(HTTPClientSession& session,
             Clock::time_point deadline,
             const std::function<bool()>& cancelled)
        : thread_([this, &session, deadline, &cancelled] {
              std::unique_lock lock(mutex_);
              while (!done_) {
                  idle_.wait_for(lock, kLook, [this] { return done_; });
                  if (done_ || (Clock::now() < deadline && !cancelled())) continue;
                  cut_ = true;  // and again, as there may be no connection yet
                  abort(session);
              }
          }) {}

    ~Watchdog() {
        {
            const std::lock_guard lock(mutex_);
            done_ = true;
        }
        idle_.notify_all();
        thread_.join();
    }

    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    [[nodiscard]] bool cut() {
        const std::lock_guard lock(mutex_);
        return cut_;
    }

private:
    static void abort(HTTPClientSession& session) {
        try {
            session.abort();
        } catch (const Poco::Exception&) {
            return;  // nothing to cut
        }
    }

    std::mutex mutex_;
    std::condition_variable idle_;
    bool done_ = false;
    bool cut_ = false;
    std::thread thread_;
};

std::unique_ptr<HTTPClientSession> session_for(const Poco::URI& uri) {
    if (uri.getScheme() == "http")
        return std::make_unique<HTTPClientSession>(uri.getHost(), uri.getPort());
    using Poco::Net::Context;
    Context::Ptr context(new Context(Context::TLS_CLIENT_USE,
                                     "",
                                     Context::VERIFY_STRICT,
                                     /*verificationDepth=*/9,
                                     /*loadDefaultCAs=*/true));
    context->disableProtocols(Context::PROTO_SSLV2 | Context::PROTO_SSLV3 | Context::PROTO_TLSV1 |
                              Context::PROTO_TLSV1_1);
    return std::make_unique<Poco::Net::HTTPSClientSession>(uri.getHost(), uri.getPort(), context);
}

Poco::URI checked(const std::string& url) {
    Poco::URI uri(url);
    if ((uri.getScheme() != "http" && uri.getScheme() != "https") || uri.getHost().empty())
        throw Error(EZ_INVALID, "expected an address that begins with https:// or http://");
    if (!uri.getUserInfo().empty())
        throw Error(EZ_INVALID, "user information in an address is not supported");
    return uri;
}

std::string header(const HTTPResponse& response, const char* name) {
    return response.get(name, "");
}

std::string read_body(std::istream& in, const HTTPResponse& response, const FetchLimits& limits) {
    const auto too_large = [&] {
        return Error(EZ_UNAVAILABLE,
                     "the answer is larger than " + std::to_string(limits.max_bytes) + " bytes");
    };
    const bool announced = response.hasContentLength();
    const auto length = announced ? static_cast<size_t>(response.getContentLength64()) : 0;
    if (length > limits.max_bytes) throw too_large();
    std::string body;
    body.reserve(length);
    std::string piece(size_t{64} * 1024, '\0');
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
        body.append(piece, 0, static_cast<size_t>(in.gcount()));
        if (body.size() > limits.max_bytes) throw too_large();
    }
    if (in.bad() || (announced && body.size() != length))
        throw Error(EZ_UNAVAILABLE,
                    "the answer was cut after " + std::to_string(body.size()) + " bytes");
    return body;
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// One request; `next` is where it redirects to, empty when this is the answer.
Fetched request(const Poco::URI& uri,
                const Validators& known,
                const FetchLimits& limits,
                Clock::time_point deadline,
                const std::function<bool()>& cancelled,
                std::string& next) {
    const std::unique_ptr<HTTPClientSession> session = session_for(uri);
    session->setTimeout(span(limits.connect), span(limits.silence), span(limits.silence));
    Watchdog watchdog(*session, deadline, cancelled);
    try {
        const std::string path = uri.getPathAndQuery();
        HTTPRequest ask("GET", path.empty() ? "/" : path, HTTPRequest::HTTP_1_1);
        ask.set("Accept", "application/json");
        ask.set("User-Agent", "ezapi");
        ask.setKeepAlive(false);
        if (!known.etag.empty()) ask.set("If-None-Match", known.etag);
        if (!known.last_modified.empty()) ask.set("If-Modified-Since", known.last_modified);
        session->sendRequest(ask);
        HTTPResponse response;
        std::istream& in = session->receiveResponse(response);
        const int status = response.getStatus();
        if (is_redirect(status)) {
            next = header(response, "Location");
            if (next.empty()) throw Error(EZ_UNAVAILABLE, "a redirect to nowhere");
            return {};
        }
        Fetched out{status == 304, {}, header(response, "ETag"), header(response, "Last-Modified")};
        if (status != 200 && !(status == 304 && !(known.etag + known.last_modified).empty()))
            throw Error(EZ_UNAVAILABLE, "the upstream answered " + std::to_string(status));
        if (status == 200) out.body = read_body(in, response, limits);
        if (watchdog.cut()) throw Error(EZ_TIMEOUT, "the answer was cut");
        return out;
    } catch (const std::exception&) {
        if (cancelled()) throw Error(EZ_UNAVAILABLE, "given up, the process stops");
        if (watchdog.cut())
            throw Error(
                EZ_TIMEOUT,
                "no complete answer within " + std::to_string(limits.total.count()) + " ms");
        throw;
    }
}

Fetched follow(const std::string& url,
               const Validators& known,
               const FetchLimits& limits,
               const std::function<bool()>& cancelled) {
    const Clock::time_point deadline = Clock::now() + limits.total;
    Poco::URI uri = checked(url);
    for (int redirects = 0;; ++redirects) {
        std::string next;
        Fetched out = request(uri, known, limits, deadline, cancelled, next);
        if (next.empty()) return out;
        if (redirects == limits.redirects)
            throw Error(EZ_UNAVAILABLE,
                        "more than " + std::to_string(limits.redirects) + " redirects");
        Poco::URI target = uri;
        target.resolve(next);
        target = checked(target.toString());
        if (uri.getScheme() == "https" && target.getScheme() != "https")
            throw Error(EZ_UNAVAILABLE, "a redirect from https to http");
        uri = target;
    }
}

}  // namespace

std::string shown_url(const std::string& url) {
    try {
        Poco::URI uri(url);
        uri.setUserInfo("");
        return uri.getScheme() + "://" + uri.getAuthority() + uri.getPath();
    } catch (const Poco::Exception&) {
        return "an address that cannot be read";
    }
}

Fetched fetch(const std::string& url,
              const Validators& known,
              const FetchLimits& limits,
              const std::function<bool()>& cancelled) {
    const std::string what = "GET " + shown_url(url) + ": ";
    try {
        return follow(url, known, limits, cancelled);
    } catch (const Error& error) {
        throw Error(error.status(), what + error.what()).with_code("upstream");
    } catch (const Poco::TimeoutException&) {
        throw Error(EZ_TIMEOUT, what + "the upstream did not answer in time").with_code("upstream");
    } catch (const Poco::Exception& error) {
        throw Error(EZ_UNAVAILABLE, what + error.displayText()).with_code("upstream");
    }
}

}  // namespace ezapi::models
