// A minimal host for plugin code that needs only a database: a fresh database with the migrations
// of some modules, transactions, changes, the log and fake services. No process, no HTTP, no Redis.
// A test that uses it compiles host/api/{db,changes,log}_api.cpp and links ezapi_changes and
// ezapi_test_support.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ezapi/plugin.hpp"
#include "host/api/tables.hpp"
#include "host/changes/bus.hpp"
#include "host/db/migrations.hpp"
#include "host/db/pools.hpp"
#include "host/modules/context.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {

class DatabaseHost {
public:
    explicit DatabaseHost(const std::string& module)
        : DatabaseHost(std::vector<std::string>{module}) {}

    /// The last module is the one under test.
    explicit DatabaseHost(const std::vector<std::string>& modules)
        : dsn_(PrivatePostgres::shared().fresh_database()), sql(dsn_) {
        host::db::Migrations({.folder = EZAPI_SOURCE_DIR "/migrations", .dsn = dsn_})
            .apply(modules);
        host::db::PoolsOptions options;
        options.main.dsn = dsn_;
        options.main.size = 4;
        pools_ = std::make_unique<host::db::Pools>(options, &bus_);
        components_.pools = pools_.get();
        components_.changes = &bus_;
        context_.plugin = modules.back();
        context_.settings = "{}";
        context_.host = &components_;
        abi_.size = sizeof abi_;
        abi_.context = &context_;
        abi_.db = &host::api::kDb;
        abi_.changes = &host::api::kChanges;
        abi_.log = &host::api::kLog;
        abi_.services = &kServices;
        activate();
    }

    [[nodiscard]] const std::string& dsn() const { return dsn_; }

    [[nodiscard]] Host host() const { return Host(&abi_); }

    [[nodiscard]] Db db() const { return Db(&abi_); }

    /// Registers a service for the module under test.
    template <class Table>
    void offer(const std::string& id, const Table& table, void* self) {
        context_.services[id] = {&table, self};
    }

    /// Activates the subscriptions and projections.
    void activate() { bus_.activate(context_.plugin); }

    /// Renders these ids with a projection: the value or the fields of each entity, null when
    /// absent.
    [[nodiscard]] std::map<std::string, Json> render(const Projection& projection,
                                                     const std::vector<std::string_view>& ids) {
        return collect([&](Tx& tx, ProjectionSink& sink) { projection.run_render(tx, ids, sink); });
    }

    [[nodiscard]] std::map<std::string, Json> scan(const Projection& projection,
                                                   std::string_view after = {},
                                                   size_t limit = 1000) {
        return collect(
            [&](Tx& tx, ProjectionSink& sink) { projection.scan(tx, after, limit, sink); });
    }

private:
    using Rendered = std::map<std::string, Json>;

    struct Context : ez_context {
        std::map<std::string, ez_service> services;
    };

    static inline const ez_services_api kServices = {
        sizeof(ez_services_api),
        [](ez_context* context, ez_str id, ez_service service, ez_error*) noexcept -> ez_status {
            static_cast<Context*>(context)->services[std::string(view(id))] = service;
            return EZ_OK;
        },
        [](ez_context* context, ez_str id, ez_service* out, ez_error*) noexcept -> ez_status {
            const auto& services = static_cast<Context*>(context)->services;
            const auto found = services.find(std::string(view(id)));
            if (found == services.end()) return EZ_NOT_FOUND;
            *out = found->second;
            return EZ_OK;
        }};

    template <class Run>
    Rendered collect(const Run& run) {
        Rendered out;
        ProjectionSink sink(&take, &out);
        Tx tx = db().begin();
        run(tx, sink);
        return out;
    }

    static ez_status take(void* user, const ez_projected* entity) noexcept {
        return guard(nullptr, [&] {
            Json& value = (*static_cast<Rendered*>(user))[std::string(view(entity->id))];
            if (entity->present == 0) return;
            if (entity->value.size > 0) value = Json::parse(view(entity->value));
            for (size_t i = 0; i < entity->field_count; ++i)
                value[std::string(view(entity->fields[i].name))] = view(entity->fields[i].value);
        });
    }

    std::string dsn_;
    host::changes::Bus bus_;
    std::unique_ptr<host::db::Pools> pools_;
    host::Components components_;
    Context context_;
    ez_host abi_{};

public:
    SqlReader sql;  // independent of the plugin's code
};

/// A golden file of the contract; null when the shared folder is not available.
[[nodiscard]] inline Json golden(const std::string& name) {
    const char* shared = std::getenv("EZ_SHARED_DIR");
    std::ifstream in(
        std::filesystem::path(shared != nullptr ? shared : EZAPI_SOURCE_DIR "/../shared") /
        "contract" / name);
    return in ? Json::parse(in) : Json();
}

}  // namespace ezapi::tests
