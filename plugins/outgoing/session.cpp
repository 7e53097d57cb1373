#include "outgoing/session.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/SocketAddress.h>

#include "ezapi/error.hpp"

namespace ezapi::outgoing {
namespace {

/// Checks the resolved address immediately before it connects.
template <class Session>
class Checked : public Session {
public:
    template <class... Args>
    explicit Checked(const Reach& reach, Args&&... args)
        : Session(std::forward<Args>(args)...), reach_(reach) {}

protected:
    void connect(const Poco::Net::SocketAddress& address) override {
        const std::string why = reach_.refusal(address.host().toString());
        if (!why.empty()) throw Error(EZ_DENIED, why);
        Session::connect(address);
    }

private:
    const Reach& reach_;
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

std::unique_ptr<Poco::Net::HTTPClientSession> session_for(const Url& url, const Reach& reach) {
    using Poco::Net::HTTPClientSession;
    using Poco::Net::HTTPSClientSession;
    if (url.scheme == "http")
        return std::make_unique<Checked<HTTPClientSession>>(reach, url.address(), url.port());
    return std::make_unique<Checked<HTTPSClientSession>>(reach, url.address(), url.port(), tls());
}

}  // namespace ezapi::outgoing
