#include "outgoing/session.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/SocketAddress.h>

#include "ezapi/error.hpp"

namespace ezapi::outgoing {
namespace {

/// Judges the resolved address that it is about to connect to.
template <class Session>
class Checked : public Session {
public:
    template <class... Args>
    explicit Checked(std::function<std::string(const std::string&)> refusal, Args&&... args)
        : Session(std::forward<Args>(args)...), refusal_(std::move(refusal)) {}

protected:
    void connect(const Poco::Net::SocketAddress& address) override {
        if (refusal_) {
            const std::string why = refusal_(address.host().toString());
            if (!why.empty()) throw Error(EZ_DENIED, why);
        }
        Session::connect(address);
    }

private:
    std::function<std::string(const std::string&)> refusal_;
};

Poco::Net::Context::Ptr tls() {
    using Poco::Net::Context;
    Context::Ptr context(new Context(Context::TLS_CLIENT_USE,
                                     "",
                                     Context::VERIFY_STRICT,
                                     /*verificationDepth=*/9,
                                     /*loadDefaultCAs=*/true));
    context->disableProtocols(Context::PROTO_SSLV2 | Context::PROTO_SSLV3 | Context::PROTO_TLSV1 |
                              Context::PROTO_TLSV1_1);
    return context;
}

}  // namespace

std::unique_ptr<Poco::Net::HTTPClientSession> session_for(
    const Poco::URI& uri, std::function<std::string(const std::string&)> refusal) {
    using Poco::Net::HTTPClientSession;
    using Poco::Net::HTTPSClientSession;
    if (uri.getScheme() == "http")
        return std::make_unique<Checked<HTTPClientSession>>(
            std::move(refusal), uri.getHost(), uri.getPort());
    return std::make_unique<Checked<HTTPSClientSession>>(
        std::move(refusal), uri.getHost(), uri.getPort(), tls());
}

}  // namespace ezapi::outgoing
