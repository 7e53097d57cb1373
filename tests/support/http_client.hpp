// A client of the REST API: one persistent connection, JSON bodies.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace Poco::Net {
class HTTPClientSession;
}

namespace ezapi::tests {

using Headers = std::map<std::string, std::string>;

struct HttpAnswer {
    int status = 0;
    Headers headers;  // names in lower case
    std::string body;

    /// The body as JSON; null when it is not JSON.
    [[nodiscard]] nlohmann::json json() const;

    [[nodiscard]] std::string header(const std::string& lower_case_name) const {
        const auto found = headers.find(lower_case_name);
        return found == headers.end() ? std::string() : found->second;
    }
};

class HttpClient {
public:
    /// `bearer` is sent with every request; empty: none.
    explicit HttpClient(uint16_t port,
                        std::string bearer = {},
                        std::chrono::seconds patience = std::chrono::seconds(60));
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;

    HttpAnswer send(const std::string& method,
                    const std::string& target,
                    std::string_view body = {},
                    const Headers& headers = {});

    HttpAnswer get(const std::string& target, const Headers& headers = {}) {
        return send("GET", target, {}, headers);
    }

    HttpAnswer post(const std::string& target,
                    const nlohmann::json& body,
                    const Headers& headers = {}) {
        return send("POST", target, body.dump(), headers);
    }

    HttpAnswer put(const std::string& target,
                   const nlohmann::json& body,
                   const Headers& headers = {}) {
        return send("PUT", target, body.dump(), headers);
    }

    HttpAnswer patch(const std::string& target,
                     const nlohmann::json& body,
                     const Headers& headers = {}) {
        return send("PATCH", target, body.dump(), headers);
    }

    HttpAnswer remove(const std::string& target, const Headers& headers = {}) {
        return send("DELETE", target, {}, headers);
    }

private:
    std::unique_ptr<Poco::Net::HTTPClientSession> session_;
    std::string bearer_;
};

}  // namespace ezapi::tests
