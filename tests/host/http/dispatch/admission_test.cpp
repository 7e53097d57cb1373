// Requests with a body are checked by their head: a refused one costs no memory, and the reply
// comes before the body is sent.
#include <gtest/gtest.h>

#include "ezapi/str.hpp"
#include "tests/host/http/served.hpp"

namespace ezapi::host::http {
namespace {

constexpr const char* kJsonBody =
    R"({"operation":{"requestBody":{"content":{"application/json":{}}}}})";
constexpr const char* kCodedBody =
    R"({"operation":{"parameters":[{"name":"Content-Encoding","in":"header"}],"requestBody":{"content":{"application/json":{},"application/x-ndjson":{}}}}})";
constexpr const char* kNoBody = R"({"operation":{"summary":"Takes none"}})";

const std::string kAsInternal = "Authorization: Bearer internal-token-of-the-test\r\n";
const std::string kAsMaster = "Authorization: Bearer right\r\n";
const std::string kAsNobody = "Authorization: Bearer wrong\r\n";

class AdmissionTest : public Served {
protected:
    AdmissionTest() {
        options_.access.internal_token = "internal-token-of-the-test";
        options_.access.wrong_per_minute = 1000;
        options_.access.authenticator = [](ez_str credential, ez_identity* out, ez_error*) {
            if (view(credential) != "right") return EZ_UNAUTHENTICATED;
            out->id = 7;
            return EZ_OK;
        };
    }

    void start_all() {
        start();
        const auto size = [](Exchange& exchange) {
            return json_reply(std::to_string(exchange.body().size()));
        };
        add("test", "POST", "/admin/json", answering(size), EZ_ADMIN, 0, 0, kJsonBody);
        add("test", "POST", "/internal/json", answering(size), EZ_INTERNAL_ONLY, 0, 0, kCodedBody);
        add("test", "POST", "/v1/json", answering(size), EZ_MASTER, 0, 0, kJsonBody);
        add("test", "POST", "/public/json", answering(size), EZ_PUBLIC, 0, 0, kJsonBody);
        for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
            add("test", method, "/admin/bare", answering(size), EZ_ADMIN, 0, 0, kNoBody);
    }

    static std::string head(const std::string& method,
                            const std::string& path,
                            size_t length,
                            const std::string& fields) {
        return method + " " + path +
               " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(length) + "\r\n" +
               fields + "\r\n";
    }
};

struct Refused {
    const char* path;
    std::string fields;
    size_t length;
    int status;
};

TEST_F(AdmissionTest, AnswersBeforeTheBodyArrives) {
    start_all();
    constexpr size_t kLarge = 1'000'000;
    const Refused cases[] = {
        {"/nowhere", "", kLarge, 404},
        {"/ping", "", kLarge, 405},
        {"/admin/json", "", kLarge, 401},
        {"/admin/json", kAsNobody, kLarge, 401},
        {"/admin/json", kAsInternal, kLarge, 401},
        {"/internal/json", "", kLarge, 401},
        {"/internal/json", kAsAdmin, kLarge, 401},
        {"/v1/json", "", kLarge, 401},
        {"/v1/json", kAsNobody, kLarge, 401},
        {"/v1/json", "Authorization: Basic x\r\n", kLarge, 401},
        {"/public/json", "", kLarge, 413},
        {"/admin/json", kAsAdmin, 16UL * 1024 * 1024 + 1, 413},
        {"/v1/json", kAsMaster, 16UL * 1024 * 1024 + 1, 413},
        {"/admin/json", kAsAdmin + "Content-Type: text/xml\r\n", kLarge, 415},
        {"/admin/json",
         kAsAdmin + "Content-Type: application/json;charset=latin1\r\n",
         kLarge,
         415},
        {"/admin/json", kAsAdmin + "Content-Encoding: gzip\r\n", kLarge, 415},
        {"/v1/json", kAsMaster + "Content-Encoding: br\r\n", kLarge, 415},
        {"/admin/json", kAsNobody + "Content-Encoding: gzip\r\n", kLarge, 401},
        {"/admin/bare", kAsAdmin, kLarge, 400},
        {"/admin/bare", "", kLarge, 401},
    };
    for (const auto& test : cases) {
        for (const char* expectation : {"", "Expect: 100-continue\r\n"}) {
            const auto client = this->client();
            const auto reply =
                client->ask(head("POST", test.path, test.length, test.fields + expectation));
            EXPECT_EQ(reply.status, test.status) << test.path << " " << test.fields << expectation;
            EXPECT_EQ(reply.header("connection"), "close") << test.path;
            EXPECT_TRUE(client->closed()) << test.path;
        }
    }
    EXPECT_EQ(server_->held_bytes(), 0);
}

TEST_F(AdmissionTest, GrantsContinueWhenTheHeadPasses) {
    start_all();
    for (const auto& [path, credential] :
         {std::pair<const char*, std::string>{"/admin/json", kAsAdmin},
          {"/internal/json", kAsInternal},
          {"/v1/json", kAsMaster},
          {"/public/json", ""}}) {
        const auto client = this->client();
        const std::string body(50'000, ' ');
        client->send(head("POST",
                          path,
                          body.size(),
                          credential + "Content-Type: application/json\r\n"
                                       "Expect: 100-continue\r\n"));
        EXPECT_EQ(client->reply().status, 100) << path;
        EXPECT_EQ(client->ask(body).body, "50000") << path;
    }
}

TEST_F(AdmissionTest, ReadsLargeBodiesOfAMasterThatIsKnown) {
    start_all();
    const std::string body(3'000'000, ' ');
    const auto client = this->client();
    EXPECT_EQ(client->ask(post_request("/v1/json", body, kAsMaster)).body, "3000000");
    EXPECT_EQ(client
                  ->ask("POST /v1/json HTTP/1.1\r\nHost: a\r\n" + kAsMaster +
                        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
                  .body,
              "2");
    EXPECT_EQ(client->ask(post_request("/v1/json", "{}", kAsMaster)).body, "2");
}

TEST_F(AdmissionTest, KeepsTheConnectionAfterASmallRefusedBody) {
    start_all();
    const std::string hidden = get_request("/number/666");
    for (const auto& [path, status] :
         {std::pair{"/nowhere", 404}, {"/ping", 405}, {"/admin/json", 401}, {"/v1/json", 401}}) {
        const auto client = this->client();
        const std::string bytes = post_request(path, hidden) + get_request("/ping");
        for (const size_t cut : {bytes.size(), bytes.size() - 60, bytes.find("\r\n\r\n") + 4}) {
            client->send(bytes.substr(0, cut));
            client->send(bytes.substr(cut));
            EXPECT_EQ(client->reply().status, status) << path << " " << cut;
            EXPECT_EQ(client->reply().body, "\"pong\"") << path << " " << cut;
        }
    }
}

TEST_F(AdmissionTest, ServesNothingOfARefusedBodyThatItDoesNotRead) {
    start_all();
    const std::string hidden = get_request("/number/666");
    for (const std::string& request :
         {head("POST", "/admin/json", 900'000, "") + hidden,
          head("POST", "/admin/json", hidden.size(), "Expect: 100-continue\r\n") + hidden,
          "POST /admin/json HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + hidden}) {
        const auto client = this->client();
        EXPECT_EQ(client->ask(request).status, 401) << request;
        EXPECT_TRUE(client->closed()) << request;
    }
}

TEST_F(AdmissionTest, RefusesABodyWhereNoneIsTaken) {
    start_all();
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
        const auto client = this->client();
        const auto refused = client->ask(head(method, "/admin/bare", 2, kAsAdmin) + "{}");
        EXPECT_EQ(refused.status, 400) << method;
        EXPECT_NE(refused.body.find("unexpected_body"), std::string::npos) << refused.body;
        EXPECT_EQ(client->ask(head(method, "/admin/bare", 0, kAsAdmin)).status, 200) << method;
        const std::string chunked = std::string(method) + " /admin/bare HTTP/1.1\r\nHost: a\r\n" +
                                    kAsAdmin + "Transfer-Encoding: chunked\r\n\r\n";
        EXPECT_EQ(client->ask(chunked + "0\r\n\r\n").status, 200) << method;
        EXPECT_EQ(client->ask(chunked + "2\r\n{}\r\n0\r\n\r\n").status, 400) << method;
    }
}

TEST_F(AdmissionTest, LeavesCodingsToTheRoutesThatListThem) {
    start_all();
    const auto coded = [&](const char* path, const std::string& credential, const char* coding) {
        const std::string fields = credential + "Content-Encoding: " + coding + "\r\n";
        return ask(post_request(path, "{}", fields)).status;
    };
    EXPECT_EQ(coded("/internal/json", kAsInternal, "gzip"), 200);
    EXPECT_EQ(coded("/admin/json", kAsAdmin, "gzip"), 415);
    EXPECT_EQ(coded("/v1/json", kAsMaster, "gzip"), 415);
    EXPECT_EQ(coded("/public/json", "", "gzip"), 415);
    EXPECT_EQ(coded("/admin/json", kAsAdmin, "Identity"), 200);
}

TEST_F(AdmissionTest, TakesNoThreadForAWrongCredential) {
    options_.workers = 1;
    options_.queue = 1;
    start_all();
    const auto first = client();
    const auto second = client();
    std::mutex mutex;
    std::condition_variable free;
    bool may_end = false;
    add("test", "GET", "/blocked", answering([&](Exchange&) {
            std::unique_lock lock(mutex);
            free.wait_for(lock, std::chrono::seconds(20), [&] { return may_end; });
            return json_reply("{}");
        }));
    first->send(get_request("/blocked"));
    second->send(get_request("/blocked"));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(get_request("/admin/thing", kAsNobody)).status, 401);
    {
        const std::lock_guard lock(mutex);
        may_end = true;
    }
    free.notify_all();
    EXPECT_EQ(first->reply().status, 200);
    EXPECT_EQ(second->reply().status, 200);
}

}  // namespace
}  // namespace ezapi::host::http
