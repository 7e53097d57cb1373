// The host's own routes, as clients see them.
#include "host/http/served/host_routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "ezapi/error.hpp"
#include "tests/host/http/served.hpp"

namespace ezapi::host::http {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class HostRoutesTest : public Served {
protected:
    HostRoutesTest() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "ezapi-http-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        services_.version = "1.2.3";
        services_.swagger_folder = folder_ / "swagger";
        services_.health = [this] {
            const std::lock_guard lock(mutex_);
            return health_;
        };
        services_.ready = [this] { return ready_.load(); };
        services_.metrics = [this] { return metrics_.expose(); };
        services_.plugins = [] { return std::string(R"({"data":[]})"); };
        services_.change_plugin = [](std::string_view plugin, std::string_view action) {
            if (plugin != "logs") throw Error(EZ_NOT_FOUND, "plugin: no such plugin");
            return json{{"name", plugin}, {"state", action}}.dump();
        };
        options_.access.internal_token = "internal";
    }

    ~HostRoutesTest() override {
        server_.reset();  // its handlers use what this fixture owns
        std::filesystem::remove_all(folder_);
    }

    void start_host() {
        start();
        add_host_routes(*server_, services_);
        server_->activate("host");
    }

    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories(services_.swagger_folder);
        std::ofstream(services_.swagger_folder / name) << text;
    }

    std::filesystem::path folder_;
    HostServices services_;

    void set_health(bool serving, const std::string& checks) {
        const std::lock_guard lock(mutex_);
        health_ = {serving, checks};
    }

    std::atomic<bool> ready_ = true;

private:
    std::mutex mutex_;
    Health health_;
};

TEST_F(HostRoutesTest, TellsHealth) {
    start_host();
    set_health(true, R"({"database":{"status":"ok"},"redis":{"status":"ok"}})");
    EXPECT_EQ(json::parse(ask(get_request("/health")).body)["status"], "ok");
    set_health(true, R"({"database":{"status":"ok"},"redis":{"status":"down"}})");
    const auto degraded = ask(get_request("/health"));
    EXPECT_EQ(degraded.status, 200);
    EXPECT_EQ(json::parse(degraded.body)["status"], "degraded");
    set_health(false, R"({"database":{"status":"down"},"redis":{"status":"down"}})");
    const auto down = ask(get_request("/health"));
    EXPECT_EQ(down.status, 503);
    EXPECT_EQ(json::parse(down.body)["checks"]["redis"]["status"], "down");
    EXPECT_EQ(ask(get_request("/health/live")).status, 200);
    EXPECT_EQ(ask(get_request("/health/ready")).status, 200);
    ready_ = false;
    EXPECT_EQ(ask(get_request("/health/ready")).status, 503);
}

TEST_F(HostRoutesTest, TellsWhatRunsHere) {
    start_host();
    const json status = json::parse(ask(get_request("/api/status/test")).body);
    EXPECT_EQ(status["name"], "ezapi");
    EXPECT_EQ(status["version"], "1.2.3");
    EXPECT_TRUE(status["uptime_seconds"].is_number_integer());
}

TEST_F(HostRoutesTest, GivesMetricsToTheInternalTokenOnly) {
    start_host();
    EXPECT_EQ(ask(get_request("/internal/metrics")).status, 401);
    EXPECT_EQ(ask(get_request("/internal/metrics", kAsAdmin)).status, 401);
    const auto reply = ask(get_request("/internal/metrics", "Authorization: Bearer internal\r\n"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.header("content-type"), HasSubstr("version=0.0.4"));
    EXPECT_THAT(reply.body, HasSubstr("ezapi_http_requests_total"));
}

TEST_F(HostRoutesTest, ShowsAndChangesPlugins) {
    start_host();
    EXPECT_EQ(ask(get_request("/admin/plugins")).status, 401);
    EXPECT_EQ(ask(get_request("/admin/plugins", kAsAdmin)).body, R"({"data":[]})");
    const auto changed = ask(post_request("/admin/plugins/logs/reload", "", kAsAdmin));
    EXPECT_EQ(json::parse(changed.body)["state"], "reload");
    EXPECT_EQ(ask(post_request("/admin/plugins/none/disable", "", kAsAdmin)).status, 404);
}

TEST_F(HostRoutesTest, OpensSessions) {
    start_host();
    const auto opened =
        ask(post_request("/admin/sessions", R"({"scope":"read","ttl_seconds":60})", kAsAdmin));
    ASSERT_EQ(opened.status, 201);
    const std::string token = json::parse(opened.body)["token"];
    const std::string as_session = "Authorization: Bearer " + token + "\r\n";
    EXPECT_EQ(ask(get_request("/admin/plugins", as_session)).status, 200);
    EXPECT_EQ(ask(post_request("/admin/plugins/logs/reload", "", as_session)).status, 403);
    EXPECT_EQ(ask(post_request("/admin/sessions", "", kAsAdmin)).status, 201);
}

TEST_F(HostRoutesTest, OpensNoSessionWithASession) {
    start_host();
    const auto opened = ask(post_request("/admin/sessions", "", kAsAdmin));
    const std::string token = json::parse(opened.body)["token"];
    EXPECT_EQ(
        ask(post_request("/admin/sessions", "", "Authorization: Bearer " + token + "\r\n")).status,
        403);
}

TEST_F(HostRoutesTest, ListsAllFaultsOfASessionRequest) {
    start_host();
    const auto wrong =
        ask(post_request("/admin/sessions", R"({"scope":"all","ttl_seconds":0,"x":1})", kAsAdmin));
    EXPECT_EQ(wrong.status, 422);
    EXPECT_EQ(json::parse(wrong.body)["errors"].size(), 3U);
    EXPECT_THAT(wrong.body, HasSubstr("3 fields are not valid"));
    EXPECT_EQ(ask(post_request("/admin/sessions", "[", kAsAdmin)).status, 400);
    EXPECT_EQ(ask(post_request("/admin/sessions", R"({"ttl_seconds":1e99})", kAsAdmin)).status,
              422);
}

TEST_F(HostRoutesTest, ReadsASessionRequestAsStrictlyAsAnyBody) {
    start_host();
    const auto open = [&](const std::string& body, const std::string& headers = kAsAdmin) {
        return ask(post_request("/admin/sessions", body, headers));
    };
    const auto first_fault = [&](const std::string& body) {
        const json fault = json::parse(open(body).body)["errors"][0];
        return fault["field"].get<std::string>() + " " + fault["code"].get<std::string>();
    };
    EXPECT_EQ(first_fault(R"({"scope":["read"]})"), "scope type");
    EXPECT_EQ(first_fault(R"({"ttl_seconds":"60"})"), "ttl_seconds type");
    EXPECT_EQ(first_fault(R"({"ttl_seconds":60.5})"), "ttl_seconds type");
    EXPECT_EQ(open(R"({"ttl_seconds":60.0})").status, 201);
    EXPECT_EQ(first_fault(R"({"ttl":60})"), "ttl unknown");
    EXPECT_EQ(open("[]").status, 422);
    EXPECT_EQ(open("null").status, 422);
    EXPECT_EQ(open(R"({"scope":"read","scope":"write"})").status, 400);
    EXPECT_EQ(open(R"({"scope":"read"} x)").status, 400);
    EXPECT_EQ(open("scope=read", kAsAdmin + "Content-Type: text/plain\r\n").status, 415);
    EXPECT_EQ(open(R"({"scope":"read"})", kAsAdmin + "Content-Type: application/json\r\n").status,
              201);
}

TEST_F(HostRoutesTest, RefusesAnIdempotencyKeyWhereNoAnswerIsStored) {
    start_host();
    const std::string keyed = kAsAdmin + "Idempotency-Key: k-1\r\n";
    for (const char* path : {"/admin/sessions", "/admin/plugins/logs/reload"}) {
        const auto reply = ask(post_request(path, "", keyed));
        EXPECT_EQ(reply.status, 400) << path;
        EXPECT_EQ(json::parse(reply.body)["code"], "idempotency_key") << path;
    }
    EXPECT_EQ(ask(get_request("/admin/plugins", keyed)).status, 200);
}

TEST_F(HostRoutesTest, ComposesTheDocumentFromLiveRoutes) {
    start_host();
    const auto paths_now = [&] {
        return json::parse(ask(get_request("/swagger/openapi.json")).body)["paths"];
    };
    EXPECT_TRUE(paths_now().contains("/admin/plugins"));
    EXPECT_FALSE(paths_now().contains("/swagger/{file}"));
    add("plugin", "GET", "/plugin", answering([](Exchange&) { return json_reply("{}"); }));
    EXPECT_FALSE(paths_now().contains("/plugin"));
    server_->activate("plugin");
    EXPECT_TRUE(paths_now().contains("/plugin"));
    server_->discard("plugin");
    EXPECT_FALSE(paths_now().contains("/plugin"));
}

TEST_F(HostRoutesTest, ServesTheDocumentCompressedAndOnlyWhenItChanged) {
    start_host();
    const auto document = [&](const std::string& fields = {}) {
        return ask(get_request("/swagger/openapi.json", fields));
    };
    const auto plain = document();
    const auto packed = document("Accept-Encoding: gzip\r\n");
    EXPECT_EQ(packed.header("content-encoding"), "gzip");
    EXPECT_LT(packed.body.size() * 3, plain.body.size());
    EXPECT_EQ(plain.header("vary"), "Accept-Encoding");
    const std::string known = "If-None-Match: " + plain.header("etag") + "\r\n";
    EXPECT_EQ(document(known).status, 304);
    EXPECT_EQ(document(known).header("etag"), plain.header("etag"));

    add("plugin", "GET", "/plugin", answering([](Exchange&) { return json_reply("{}"); }));
    server_->activate("plugin");
    EXPECT_EQ(document(known).status, 200);
    server_->discard("plugin");
    EXPECT_EQ(document(known).status, 304) << "the same routes have the same tag";
}

TEST_F(HostRoutesTest, MayKeepTheDocumentForAdmins) {
    services_.openapi_for_admins = true;
    start_host();
    EXPECT_EQ(ask(get_request("/swagger/openapi.json")).status, 401);
    EXPECT_EQ(ask(get_request("/swagger/openapi.json", kAsAdmin)).status, 200);
}

TEST_F(HostRoutesTest, ServesTheFilesOfItsListOnly) {
    write("swagger-ui-bundle.js", "bundle");
    write("swagger-ui.css", "style");
    write("secret.txt", "secret");
    start_host();
    EXPECT_EQ(ask(get_request("/swagger")).header("location"), "/swagger/");
    EXPECT_THAT(ask(get_request("/swagger/")).body, HasSubstr("swagger-ui-bundle.js"));
    const auto bundle = ask(get_request("/swagger/swagger-ui-bundle.js"));
    EXPECT_EQ(bundle.body, "bundle");
    EXPECT_EQ(bundle.header("content-type"), "text/javascript; charset=utf-8");
    EXPECT_EQ(ask(get_request("/swagger/swagger-ui.css")).header("content-type"),
              "text/css; charset=utf-8");
    EXPECT_EQ(ask(get_request("/swagger/secret.txt")).status, 404);
    EXPECT_EQ(ask(get_request("/swagger/..%2Fsecret.txt")).status, 404);
    EXPECT_EQ(ask(get_request("/swagger/%2Fetc%2Fpasswd")).status, 404);
}

TEST_F(HostRoutesTest, SaysWhatIsMissingWithoutTheFiles) {
    start_host();
    const auto reply = ask(get_request("/swagger/"));
    EXPECT_EQ(reply.status, 404);
    EXPECT_THAT(reply.body, HasSubstr("swagger-ui-bundle.js"));
    EXPECT_EQ(ask(get_request("/swagger/openapi.json")).status, 200);
}

}  // namespace
}  // namespace ezapi::host::http
