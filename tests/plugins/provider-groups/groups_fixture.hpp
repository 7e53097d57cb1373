// Shared by the tests of provider groups over REST: one server, and shortcuts to create entities.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/instance.hpp"

namespace ezapi::tests {

using nlohmann::json;

inline const std::string kRingKey(64, 'a');

class GroupsTest : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"namespaces", "provider-groups", "bindings"},
                .environment = {{"EZ_SECRET_KEYS", "main:" + kRingKey}}};
    }

    static std::int64_t create(HttpClient& client, const std::string& path, const json& body) {
        const HttpAnswer answer = client.post(path, body);
        if (answer.status != 201)
            throw std::runtime_error(path + ": " + std::to_string(answer.status) + " " +
                                     answer.body);
        return answer.json().at("id");
    }

    static std::int64_t create_group(const json& body) {
        return create(admin(), "/admin/provider-groups", body);
    }

    static std::int64_t create_key(const json& body) {
        return create(admin(), "/admin/api-keys", body);
    }

    static std::string key_path(std::int64_t id) { return "/admin/api-keys/" + std::to_string(id); }

    /// "field code" of each fault of a problem.
    static std::vector<std::string> faults(const HttpAnswer& answer) {
        std::vector<std::string> out;
        const json problem = answer.json();
        for (const json& fault : problem.value("errors", json::array()))
            out.push_back(fault.at("field").get<std::string>() + " " +
                          fault.at("code").get<std::string>());
        return out;
    }
};

}  // namespace ezapi::tests
