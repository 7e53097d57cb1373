// A small HTTP server as the target of outgoing requests: returns the answers that the test sets,
// and records the headers and :method, :path and :body of the requests.
#pragma once

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>

#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace ezapi::tests {

class Upstream {
public:
    using Request = Poco::Net::HTTPServerRequest;
    using Response = Poco::Net::HTTPServerResponse;
    using Answer = std::function<void(Request&, Response&)>;

    Upstream() : socket_(Poco::Net::SocketAddress("127.0.0.1", 0)) {
        Poco::Net::HTTPServerParams::Ptr parameters = new Poco::Net::HTTPServerParams;
        parameters->setKeepAlive(false);
        server_ =
            std::make_unique<Poco::Net::HTTPServer>(new Factory(*this), pool_, socket_, parameters);
        server_->start();
    }

    ~Upstream() { server_->stopAll(true); }

    Upstream(const Upstream&) = delete;
    Upstream& operator=(const Upstream&) = delete;

    [[nodiscard]] std::string url(const std::string& path = "/api.json") const {
        return "http://127.0.0.1:" + std::to_string(socket_.address().port()) + path;
    }

    [[nodiscard]] uint16_t port() const { return socket_.address().port(); }

    void answer(Answer answer) {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(answer);
    }

    /// Serves the document with an ETag, and 304 when the client has it.
    void serve(const std::string& document, const std::string& etag) {
        answer([document, etag](Request& request, Response& response) {
            response.set("ETag", etag);
            if (request.get("If-None-Match", "") == etag) {
                response.setStatusAndReason(Response::HTTP_NOT_MODIFIED);
                response.setContentLength(0);
                response.send();
                return;
            }
            response.setContentLength64(static_cast<Poco::Int64>(document.size()));
            response.send() << document;
        });
    }

    void fail(Response::HTTPStatus status) {
        answer([status](Request&, Response& response) {
            response.setStatusAndReason(status);
            response.setContentLength(0);
            response.send();
        });
    }

    [[nodiscard]] std::vector<std::map<std::string, std::string>> asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

private:
    class Handler : public Poco::Net::HTTPRequestHandler {
    public:
        explicit Handler(Upstream& upstream) : upstream_(upstream) {}

        void handleRequest(Request& request, Response& response) override {
            upstream_.take(request)(request, response);
        }

    private:
        Upstream& upstream_;
    };

    class Factory : public Poco::Net::HTTPRequestHandlerFactory {
    public:
        explicit Factory(Upstream& upstream) : upstream_(upstream) {}

        Poco::Net::HTTPRequestHandler* createRequestHandler(const Request&) override {
            return new Handler(upstream_);
        }

    private:
        Upstream& upstream_;
    };

    Answer take(Request& request) {
        const std::lock_guard lock(mutex_);
        std::map<std::string, std::string> headers{{":method", request.getMethod()},
                                                   {":path", request.getURI()}};
        std::ostringstream body;
        if (request.hasContentLength()) body << request.stream().rdbuf();
        headers[":body"] = body.str();
        for (const auto& [name, value] : request) headers[name] = value;
        asked_.push_back(std::move(headers));
        return answer_;
    }

    std::mutex mutex_;
    Answer answer_;
    std::vector<std::map<std::string, std::string>> asked_;
    Poco::Net::ServerSocket socket_;
    Poco::ThreadPool pool_;
    std::unique_ptr<Poco::Net::HTTPServer> server_;
};

}  // namespace ezapi::tests
