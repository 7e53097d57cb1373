#include "outgoing/exchange.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>

#include <istream>

#include "ezapi/error.hpp"
#include "ezapi/text.hpp"
#include "outgoing/session.hpp"
#include "outgoing/watchdog.hpp"

namespace ezapi::outgoing {
namespace {

using Clock = std::chrono::steady_clock;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

constexpr int kMaxFields = 200;  // most header fields of an answer

Poco::Timespan span(std::chrono::milliseconds time) {
    return Poco::Timespan(std::chrono::microseconds(time).count());
}

std::string read_body(std::istream& in, const HTTPResponse& response, size_t max_bytes) {
    const auto too_large = [&] {
        return Error(EZ_UNAVAILABLE,
                     "the answer is larger than " + std::to_string(max_bytes) + " bytes");
    };
    const bool announced = response.hasContentLength();
    const auto length = announced ? static_cast<size_t>(response.getContentLength64()) : 0;
    if (length > max_bytes) throw too_large();
    std::string body;
    body.reserve(length);
    std::string piece(size_t{64} * 1024, '\0');
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
        body.append(piece, 0, static_cast<size_t>(in.gcount()));
        if (body.size() > max_bytes) throw too_large();
    }
    if (in.bad() || (announced && body.size() != length))
        throw Error(EZ_UNAVAILABLE,
                    "the answer was cut after " + std::to_string(body.size()) + " bytes");
    return body;
}

Answer ask(Poco::Net::HTTPClientSession& session,
           const Url& url,
           const Request& request,
           const Limits& limits) {
    HTTPRequest head(request.method, url.target(), HTTPRequest::HTTP_1_1);
    head.setHost(url.authority.text());
    head.set("User-Agent", "ezapi");
    head.setKeepAlive(false);
    for (const auto& [name, value] : request.headers) head.set(name, value);
    if (!request.body.empty())
        head.setContentLength64(static_cast<Poco::Int64>(request.body.size()));
    session.sendRequest(head) << request.body << std::flush;
    HTTPResponse response;
    response.setFieldLimit(kMaxFields);
    std::istream& in = session.receiveResponse(response);
    Answer out;
    out.status = response.getStatus();
    for (const auto& [name, value] : response) out.headers[lower_case(name)] = value;
    if (request.wants_body && request.wants_body(out.status))
        out.body = read_body(in, response, limits.max_bytes);
    return out;
}

Answer guarded(const Request& request,
               const Reach& reach,
               const Limits& limits,
               const std::function<bool()>& cancelled) {
    const Url url = Url::parse(request.url);
    const auto session = session_for(url, reach);
    session->setTimeout(span(limits.connect), span(limits.silence), span(limits.silence));
    Watchdog watchdog(*session, Clock::now() + limits.total, cancelled);
    try {
        Answer out = ask(*session, url, request, limits);
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

}  // namespace

std::string origin_of(const std::string& url) {
    try {
        return Url::parse(url).origin();
    } catch (const Error&) {
        return "an address that cannot be read";
    }
}

std::string shown_url(const std::string& url) {
    try {
        const Url read = Url::parse(url);
        return read.origin() + read.path;
    } catch (const Error&) {
        return "an address that cannot be read";
    }
}

Answer exchange(const Request& request,
                const Reach& reach,
                const Limits& limits,
                const std::function<bool()>& cancelled) {
    try {
        return guarded(request, reach, limits, cancelled);
    } catch (const Poco::TimeoutException&) {
        throw Error(EZ_TIMEOUT, "there was no answer in time");
    } catch (const Poco::Exception& error) {
        throw Error(EZ_UNAVAILABLE, error.displayText());
    }
}

}  // namespace ezapi::outgoing
