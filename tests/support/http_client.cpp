#include "tests/support/http_client.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>
#include <Poco/Timespan.h>

#include <istream>
#include <ostream>
#include <utility>

namespace ezapi::tests {

nlohmann::json HttpAnswer::json() const {
    nlohmann::json parsed = nlohmann::json::parse(body, nullptr, false);
    return parsed.is_discarded() ? nlohmann::json() : parsed;
}

HttpClient::HttpClient(uint16_t port, std::string bearer, std::chrono::seconds patience)
    : session_(std::make_unique<Poco::Net::HTTPClientSession>("127.0.0.1", port)),
      bearer_(std::move(bearer)) {
    session_->setKeepAlive(true);
    session_->setTimeout(Poco::Timespan(static_cast<long>(patience.count()), 0));
}

HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

HttpAnswer HttpClient::send(const std::string& method,
                            const std::string& target,
                            std::string_view body,
                            const Headers& headers) {
    Poco::Net::HTTPRequest request(method, target, Poco::Net::HTTPMessage::HTTP_1_1);
    request.setKeepAlive(true);
    if (!bearer_.empty()) request.set("Authorization", "Bearer " + bearer_);
    if (!body.empty()) request.setContentType("application/json");
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
        request.setContentLength(static_cast<std::streamsize>(body.size()));
    }
    for (const auto& [name, value] : headers) request.set(name, value);
    std::ostream& out = session_->sendRequest(request);
    out << body;
    Poco::Net::HTTPResponse response;
    std::istream& in = session_->receiveResponse(response);
    HttpAnswer answer;
    answer.status = response.getStatus();
    Poco::StreamCopier::copyToString(in, answer.body);
    for (const auto& [name, value] : response) answer.headers[Poco::toLower(name)] = value;
    return answer;
}

}  // namespace ezapi::tests
