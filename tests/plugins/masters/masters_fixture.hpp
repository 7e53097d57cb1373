// A server with masters, and shortcuts for frequent operations of the tests.
#pragma once

#include <string>

#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {

class MastersFixture : public InstanceTest {
protected:
    [[nodiscard]] InstanceOptions options() const override {
        return {.plugins = {"namespaces", "masters", "probe"}, .plugin_directories = {EZAPI_PROBE}};
    }

    /// A name that no other test uses.
    static std::string fresh_name() {
        static int last = 0;
        return "master-" + std::to_string(++last);
    }

    static nlohmann::json create(nlohmann::json members = nlohmann::json::object()) {
        if (!members.contains("name")) members["name"] = fresh_name();
        const HttpAnswer answer = admin().post("/admin/masters", members);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json();
    }

    static std::string path(const nlohmann::json& master) {
        return "/admin/masters/" + std::to_string(master.at("id").get<int64_t>());
    }

    static nlohmann::json read(const nlohmann::json& master) {
        return admin().get(path(master)).json();
    }

    static HttpAnswer manage(const nlohmann::json& master,
                             const std::string& action,
                             const Headers& headers = {}) {
        return admin().post(path(master) + "/manage", {{"action", action}}, headers);
    }

    static nlohmann::json rendered(const nlohmann::json& master) {
        const std::string id = std::to_string(master.at("id").get<int64_t>());
        return admin().get("/probe/render/auth:master/" + id).json().at(id);
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
};

}  // namespace ezapi::tests
