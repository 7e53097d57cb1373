// A server with masters and tokens, and shortcuts for frequent operations of the tests.
#pragma once

#include <string>
#include <vector>

#include "ezapi/credential.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {

class TokensFixture : public InstanceTest {
protected:
    [[nodiscard]] InstanceOptions options() const override {
        return {.plugins = {"namespaces", "masters", "keys", "probe"},
                .environment = {{"EZ_QUOTA_RESET_INTERVAL_SECONDS", "1"}},
                .plugin_directories = {EZAPI_PROBE}};
    }

    static std::string fresh_name() {
        static int last = 0;
        return "name-" + std::to_string(++last);
    }

    static nlohmann::json master(nlohmann::json members = nlohmann::json::object()) {
        members["name"] = fresh_name();
        const HttpAnswer answer = admin().post("/admin/masters", members);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json();
    }

    static std::string path(const nlohmann::json& of) {
        return "/admin/masters/" + of.at("id").dump();
    }

    static std::string keys_of(const nlohmann::json& of) { return path(of) + "/keys"; }

    static std::string path(const nlohmann::json& of, const nlohmann::json& key) {
        return keys_of(of) + "/" + key.at("id").dump();
    }

    static nlohmann::json issue(const nlohmann::json& of,
                                nlohmann::json members = nlohmann::json::object()) {
        if (!members.contains("name")) members["name"] = fresh_name();
        const HttpAnswer answer = admin().post(keys_of(of), members);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json();
    }

    static nlohmann::json read(const nlohmann::json& of, const nlohmann::json& key) {
        return admin().get(path(of, key)).json();
    }

    static std::string hash(const nlohmann::json& issued) {
        return sha256_hex(issued.at("token").get<std::string>());
    }

    /// The rendered token hash for the data plane; null when absent.
    static nlohmann::json rendered(const std::string& hash) {
        return admin().get("/probe/render/auth:token/" + hash).json().at(hash);
    }

    static std::vector<std::string> touched() {
        return admin().get("/probe/touched").json().at("ids");
    }

    static HttpAnswer manage(const nlohmann::json& of, const std::string& action) {
        return admin().post(path(of) + "/manage", {{"action", action}});
    }

    /// The fields that a 422 answer names.
    static std::vector<std::string> faults(const HttpAnswer& answer) {
        EXPECT_EQ(answer.status, 422) << answer.body;
        std::vector<std::string> out;
        const nlohmann::json problem = answer.json();
        if (problem.contains("errors")) {
            for (const auto& fault : problem.at("errors")) out.push_back(fault.at("field"));
        }
        return out;
    }

    static std::string sql(const std::string& statement) {
        return SqlReader(instance().dsn()).value(statement);
    }
};

}  // namespace ezapi::tests
