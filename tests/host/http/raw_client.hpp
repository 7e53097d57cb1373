// A client that sends exactly the given bytes and reads replies one by one, so that tests can
// violate the protocol. Every wait has a limit; a reply that does not come has status 0.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace ezapi::host::http {

struct RawReply {
    int status = 0;                              // 0: none came
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;

    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

class RawClient {
public:
    /// A receive buffer of 0 bytes: the system's default. `from`: the client's address.
    explicit RawClient(int port, int receive_buffer = 0, const char* from = "127.0.0.1");
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    [[nodiscard]] bool connected() const noexcept { return descriptor_ >= 0; }

    void send(std::string_view bytes);
    /// `has_body` false: the reply to HEAD.
    RawReply reply(bool has_body = true,
                   std::chrono::milliseconds limit = std::chrono::seconds(10));
    RawReply ask(std::string_view bytes);
    /// True when the server ends the connection within the limit, without further bytes.
    bool closed(std::chrono::milliseconds limit = std::chrono::seconds(10));
    void half_close();
    /// Ends with a reset, as a crashed client does.
    void reset();

private:
    bool fill(std::chrono::steady_clock::time_point deadline);

    int descriptor_ = -1;
    std::string buffer_;
};

/// "GET <target> HTTP/1.1" with a Host and further header lines.
[[nodiscard]] std::string get_request(const std::string& target, const std::string& fields = {});
[[nodiscard]] std::string post_request(const std::string& target,
                                       const std::string& body,
                                       const std::string& fields = {});

}  // namespace ezapi::host::http
