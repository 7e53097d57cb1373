// Access control: calls every operation that the server declares as every kind of caller. roles.txt
// lists each operation with its access, so that a new route needs an entry there.
#include <gmock/gmock.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

struct Operation {
    std::string method;
    std::string path;         // as declared: "/admin/masters/{id}"
    std::string access;       // "public", "admin", "master" or "internal"
    bool reads = false;       // a POST that a session of scope "read" may call
    bool no_session = false;  // sessions are refused: requires the admin token itself

    [[nodiscard]] std::string name() const { return method + " " + path; }
};

std::vector<Operation> expected_operations() {
    std::ifstream file(EZAPI_SOURCE_DIR "/tests/integration/roles.txt");
    std::vector<Operation> out;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        Operation operation;
        std::string mark;
        words >> operation.method >> operation.path >> operation.access >> mark;
        operation.reads = mark == "reads";
        operation.no_session = mark == "no-session";
        out.push_back(std::move(operation));
    }
    return out;
}

/// The operations of the document: "GET /admin/masters admin".
std::vector<std::string> declared_operations(const nlohmann::json& document) {
    const std::map<std::string, std::string> access{
        {"adminToken", "admin"}, {"masterKey", "master"}, {"internalToken", "internal"}};
    std::vector<std::string> out;
    for (const auto& [path, methods] : document.at("paths").items()) {
        for (const auto& [method, operation] : methods.items()) {
            std::string name = method;
            for (char& c : name) c = static_cast<char>(std::toupper(c));
            const auto& security = operation.at("security");
            out.push_back(name + " " + path + " " +
                          (security.empty() ? "public" : access.at(security[0].begin().key())));
        }
    }
    return out;
}

struct Caller {
    std::string what;
    std::string authorization;  // empty: no header
    std::string access;         // what it may call; empty: only public routes
    bool session = false;
    bool reads_only = false;
};

class RolesTest : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"masters",
                            "keys",
                            "namespaces",
                            "provider-groups",
                            "models",
                            "bindings",
                            "features",
                            "logs",
                            "sync"},
                .environment = {{"EZ_API_TRUSTED_PROXIES", "127.0.0.1"}}};
    }

    static nlohmann::json made(HttpAnswer answer) {
        EXPECT_LT(answer.status, 300) << answer.body;
        return answer.json();
    }

    static nlohmann::json make_master(const std::string& name) {
        return made(admin().post("/admin/masters", {{"name", name}}));
    }

    static std::string session(const std::string& scope) {
        return made(admin().post("/admin/sessions", {{"scope", scope}})).at("token");
    }

    static std::vector<Caller> callers() {
        const auto bearer = [](const std::string& credential) { return "Bearer " + credential; };
        const nlohmann::json active = make_master("active");
        const nlohmann::json suspended = make_master("suspended");
        const nlohmann::json rotated = make_master("rotated");
        const nlohmann::json deleted = make_master("deleted");
        const auto place = [](const nlohmann::json& master) {
            return "/admin/masters/" + std::to_string(master.at("id").get<int64_t>());
        };
        const std::string token =
            made(admin().post(place(active) + "/keys", {{"name", "token"}})).at("token");
        made(admin().post(place(suspended) + "/manage", {{"action", "suspend"}}));
        made(admin().post(place(rotated) + "/manage", {{"action", "rotate-key"}}));
        EXPECT_EQ(admin().remove(place(deleted)).status, 204);
        std::string altered = session("write");
        altered.back() = altered.back() == 'A' ? 'B' : 'A';
        altered[altered.size() - 3] = altered[altered.size() - 3] == 'x' ? 'y' : 'x';

        return {{"no credential", "", ""},
                {"another scheme", "Basic YWRtaW46YWRtaW4=", ""},
                {"an empty bearer", "Bearer ", ""},
                {"two credentials", bearer(kAdminToken) + ", Bearer " + kAdminToken, ""},
                {"an unknown credential", bearer("unknown-credential-of-the-tests"), ""},
                {"the admin token and more", bearer(std::string(kAdminToken) + "x"), ""},
                {"a part of the admin token", bearer(std::string(kAdminToken).substr(0, 20)), ""},
                {"a session that was altered", bearer(altered), ""},
                {"a tenant's token", bearer(token), ""},
                {"a master key before its rotation", bearer(rotated.at("master_key")), ""},
                {"the key of a deleted master", bearer(deleted.at("master_key")), ""},
                {"the key of a suspended master", bearer(suspended.at("master_key")), "suspended"},
                {"a master key", bearer(active.at("master_key")), "master"},
                {"the internal token", bearer(kInternalToken), "internal"},
                {"a session that reads", bearer(session("read")), "admin", true, true},
                {"a session that writes", bearer(session("write")), "admin", true},
                {"the admin token", bearer(kAdminToken), "admin"}};
    }

    /// Each call comes from a different address, so that no limit on wrong credentials applies.
    static HttpAnswer call(HttpClient& client, const Operation& operation, const Caller& caller) {
        static uint32_t next = 0;
        ++next;
        Headers headers{{"X-Forwarded-For",
                         "10." + std::to_string(next >> 16U) + "." +
                             std::to_string((next >> 8U) & 255U) + "." +
                             std::to_string(next & 255U)}};
        if (!caller.authorization.empty()) headers["Authorization"] = caller.authorization;
        std::string path = operation.path;
        for (size_t at = path.find('{'); at != std::string::npos; at = path.find('{'))
            path.replace(at, path.find('}', at) + 1 - at, "999999");
        const bool body = operation.method != "GET" && operation.method != "DELETE";
        if (body) headers["Content-Type"] = "application/json";
        return client.send(operation.method, path, body ? "[]" : "", headers);
    }

    static void judge(const HttpAnswer& answer, const Operation& operation, const Caller& caller) {
        const std::string what = operation.name() + " as " + caller.what;
        const std::string code = answer.status >= 400 ? answer.json().value("code", "") : "";
        if (operation.access == "public") {
            EXPECT_NE(answer.status, 401) << what;
            EXPECT_NE(answer.status, 403) << what;
        } else if (operation.access == "master" && caller.access == "suspended") {
            EXPECT_EQ(answer.status, 403) << what;
        } else if (operation.access != caller.access) {
            EXPECT_EQ(answer.status, 401) << what << ": " << answer.body;
            EXPECT_NE(answer.header("www-authenticate"), "") << what;
        } else if (caller.reads_only && operation.method != "GET" && !operation.reads) {
            EXPECT_EQ(answer.status, 403) << what;
            EXPECT_EQ(code, "read_only") << what;
        } else if (caller.session && operation.no_session) {
            EXPECT_EQ(answer.status, 403) << what;
        } else {
            EXPECT_NE(answer.status, 401) << what << ": " << answer.body;
            EXPECT_NE(answer.status, 403) << what << ": " << answer.body;
        }
        EXPECT_LT(answer.status, 500) << what << ": " << answer.body;
    }
};

TEST_F(RolesTest, AreListedForEveryOperation) {
    std::vector<std::string> listed;
    for (const Operation& operation : expected_operations())
        listed.push_back(operation.name() + " " + operation.access);

    EXPECT_THAT(declared_operations(admin().get("/swagger/openapi.json").json()),
                testing::UnorderedElementsAreArray(listed));
}

TEST_F(RolesTest, HoldForEveryOperationAndEveryKindOfCaller) {
    const std::vector<Caller> all = callers();
    HttpClient client = instance().client();
    size_t calls = 0;
    for (const Operation& operation : expected_operations()) {
        for (const Caller& caller : all) {
            judge(call(client, operation, caller), operation, caller);
            ++calls;
        }
    }
    std::cout << calls << " calls: " << expected_operations().size() << " operations as "
              << all.size() << " kinds of callers\n";
}

TEST_F(RolesTest, CloseInternalRoutesWithoutATokenOfTheirOwn) {
    Instance closed({.plugins = {"logs"}, .environment = {{"EZ_INTERNAL_STATS_TOKEN", ""}}});
    for (const Operation& operation : expected_operations()) {
        if (operation.access != "internal") continue;
        for (const std::string credential : {"", kAdminToken, kInternalToken}) {
            HttpClient client = closed.client(credential);
            EXPECT_EQ(client.send(operation.method, operation.path).status, 403)
                << operation.name() << " with '" << credential << "'";
        }
    }
}

}  // namespace
}  // namespace ezapi::tests
