// A host in memory for the unit tests of a plugin. It opens no socket, functions of the test answer
// for the database and Redis, and jobs run when the test calls them.
//
//     FakeHost host(Json{{"greeting", "Hello"}});          // settings, over the schema's defaults
//     host.db.answer = [](const fake::Statement&) { return fake::Answer{.rows = {{"7"}}}; };
//     host.start<Hello>();                                 // or host.start(ezapi_plugin_v1)
//
//     EXPECT_EQ(host.http.call({"GET", "/hello/ada"}).json()["text"], "Hello, ada");
//     host.jobs.run("purge");
//     EXPECT_EQ(host.db.count("DELETE FROM greetings"), 1U);
//
// Plugins in one host use each other's services and receive each other's changes. The destructor
// stops them in reverse order.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ezapi/fake/changes.hpp"
#include "ezapi/fake/database.hpp"
#include "ezapi/fake/jobs.hpp"
#include "ezapi/fake/redis.hpp"
#include "ezapi/fake/services.hpp"
#include "ezapi/fake/telemetry.hpp"
#include "ezapi/fake/web_api.hpp"
#include "ezapi/plugin.hpp"

namespace ezapi {

class FakeHost {
public:
    explicit FakeHost(Json given = Json::object()) : settings(std::move(given)) {}

    ~FakeHost() { stop(); }

    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    fake::LogLines log;
    fake::Settings settings;
    fake::MetricTable metrics;
    fake::Database db;
    fake::Web http{log};
    fake::RedisServer redis;
    fake::JobTable jobs;
    fake::ChangeBus changes{db};
    fake::ServiceTable services;

    [[nodiscard]] const ez_host* abi() const { return &abi_; }

    /// Starts a plugin by its descriptor. Throws the Error with which it fails to start.
    void start(const ez_plugin& plugin) {
        settings.fill_defaults(plugin.config_schema);
        run(plugin.start, plugin.stop);
    }

    /// Starts a plugin by its class and returns it.
    template <class Plugin>
    Plugin& start() {
        void* self = run(&detail::start_plugin<Plugin>, &detail::stop_plugin<Plugin>);
        return static_cast<detail::PluginInstance<Plugin>*>(self)->plugin;
    }

    /// Stops the plugins in reverse order, then drops what they have registered, as the real host
    /// does.
    void stop() {
        while (!running_.empty()) {
            running_.back().stop(running_.back().self);
            running_.pop_back();
        }
        http.clear();
        jobs.clear();
        changes.clear();
        redis.clear();
    }

private:
    using Start = ez_status (*)(const ez_host*, void**, ez_error*) noexcept;
    using Stop = void (*)(void*) noexcept;

    struct Running {
        void* self;
        Stop stop;
    };

    void* run(Start starter, Stop stopper) {
        void* self = nullptr;
        check([&](ez_error* error) { return starter(&abi_, &self, error); });
        running_.push_back({self, stopper});
        return self;
    }

    fake::Context context_{
        &log, &settings, &metrics, &db, &http, &redis, &jobs, &changes, &services};
    ez_host abi_{sizeof(ez_host),
                 EZ_ABI_MAJOR,
                 EZ_ABI_MINOR,
                 reinterpret_cast<ez_context*>(&context_),
                 str("fake"),
                 &fake::kLog,
                 &fake::kConfig,
                 &fake::kMetrics,
                 &fake::kDb,
                 &fake::kHttp,
                 &fake::kRedis,
                 &fake::kJobs,
                 &fake::kChanges,
                 &fake::kServices};
    std::vector<Running> running_;
};

}  // namespace ezapi
