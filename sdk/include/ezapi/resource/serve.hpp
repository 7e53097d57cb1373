// Registers the routes of a resource: list, create, read, replace, merge, delete and batch, with
// ETag and If-Match, Location, cursors, and one problem document for all faults. For entities that
// clients name: list, read, create or replace by PUT, and delete.
//
//     serve(host, masters, {.path = "/admin/masters", .tag = "masters"});
//     serve(host, keys, {.path = "/v1/tokens", .access = Access::master, .tag = "tokens",
//                        .within = own_master, .batch = false});
//     serve(host, flags, {.path = "/admin/features", .tag = "features", .by = "name"});
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "ezapi/resource/named.hpp"
#include "ezapi/resource/schema.hpp"
#include "ezapi/resource/served.hpp"

namespace ezapi {

namespace detail {

/// Registers the routes of one collection.
class CollectionRoutes {
    /// The function that converts an error of COMMIT.
    template <class Handlers>
    static auto refusal(const std::shared_ptr<Handlers>& handlers) {
        return [handlers](const Request& request, const Error& error) {
            return handlers->refused(request, error);
        };
    }

public:
    CollectionRoutes(Host& host, const ResourceSpec& spec, const Collection& collection)
        : host_(host), spec_(spec), collection_(collection), entity_(entity_schema(spec)) {}

    template <class Handlers>
    void add_reads(const std::shared_ptr<Handlers>& handlers) {
        host_.get(collection_.path,
                  collection_.access,
                  on_collection(list_operation(spec_, handlers->plan()), collection_),
                  [handlers](const Request& request) { return handlers->list(request); });
        host_.get(item_path(),
                  collection_.access,
                  cacheable(of_item("Reads one of the ")).returns(200, spec_.schema.c_str()),
                  [handlers](const Request& request) { return handlers->read(request); });
    }

    template <class Handlers>
    void add_removal(const std::shared_ptr<Handlers>& handlers) {
        host_.write(
            "DELETE",
            item_path(),
            collection_.access,
            conditional(of_item("Deletes one of the ")).returns(204),
            {.max_body = collection_.max_body},
            [handlers](const Request& request, Tx& tx) { return handlers->remove(request, tx); },
            refusal(handlers));
    }

    void add_creation(const std::shared_ptr<const Served>& served) {
        host_.write(
            "POST",
            collection_.path,
            collection_.access,
            with_body(idempotent(of_all("Creates one of the ")),
                      "Create",
                      body_schema(spec_, BodyMode::create))
                .returns(201, created_schema(spec_)),
            {.max_body = collection_.max_body},
            [served](const Request& request, Tx& tx) { return served->create(request, tx); });
    }

    void add_updates(const std::shared_ptr<const Served>& served) {
        add_update(served, "PUT", "Replaces one of the ", BodyMode::replace);
        add_update(served, "PATCH", "Merges into one of the ", BodyMode::merge);
    }

    void add_batch(const std::shared_ptr<const Served>& served) {
        host_.write(
            "POST",
            collection_.path + "/batch",
            collection_.access,
            idempotent(of_all("Creates, changes and deletes many of the "))
                .body(batch_body_schema())
                .returns(200, batch_answer_schema(spec_)),
            {},
            [served](const Request& request, Tx& tx) { return served->batch(request, tx); },
            refusal(served));
    }

    void add_put(const std::shared_ptr<const NamedServed>& served) {
        host_.write("PUT",
                    item_path(),
                    collection_.access,
                    with_body(conditional(of_item("Creates or replaces one of the "))
                                  .header("If-None-Match", text_schema(), "* creates only"),
                              "Put",
                              named_body_schema(spec_, collection_.by))
                        .returns(200, spec_.schema.c_str())
                        .returns(201, spec_.schema.c_str()),
                    {.max_body = collection_.max_body},
                    [served](const Request& request, Tx& tx) { return served->put(request, tx); });
    }

private:
    void add_update(const std::shared_ptr<const Served>& served,
                    const char* method,
                    const char* summary,
                    BodyMode mode) {
        // A PUT has the schema of a POST.
        const bool merges = mode == BodyMode::merge;
        host_.write(method,
                    item_path(),
                    collection_.access,
                    with_body(conditional(of_item(summary)),
                              merges ? "Patch" : "Create",
                              body_schema(spec_, merges ? BodyMode::merge : BodyMode::create))
                        .returns(200, spec_.schema.c_str()),
                    {.max_body = collection_.max_body},
                    [served, mode](const Request& request, Tx& tx) {
                        return served->update(request, tx, mode);
                    });
    }

    [[nodiscard]] std::string item_path() const {
        return collection_.path + "/{" + collection_.item_parameter() + "}";
    }

    [[nodiscard]] Operation of_all(const char* summary) const {
        return on_collection(Operation(summary + spec_.name), collection_)
            .schema(spec_.schema, entity_);
    }

    [[nodiscard]] Operation of_item(const char* summary) const {
        return on_item(Operation(summary + spec_.name), collection_).schema(spec_.schema, entity_);
    }

    /// The name of the body's schema is that of the entity with a suffix.
    [[nodiscard]] Operation with_body(Operation operation,
                                      const char* suffix,
                                      const Json& schema) const {
        const std::string name = spec_.schema + suffix;
        return std::move(operation).body_of(name).schema(name, schema);
    }

    Host& host_;
    const ResourceSpec& spec_;
    const Collection& collection_;
    Json entity_;
};

}  // namespace detail

/// Registers the routes. `resource` must outlive them: keep it as a member of the plugin.
inline void serve(Host& host, const Resource& resource, const Collection& collection) {
    detail::CollectionRoutes routes(host, resource.spec(), collection);
    if (!collection.by.empty()) {
        const auto named = std::make_shared<const detail::NamedServed>(host, resource, collection);
        routes.add_reads(named);
        routes.add_put(named);
        routes.add_removal(named);
        return;
    }
    const auto served = std::make_shared<const detail::Served>(host, resource, collection);
    routes.add_reads(served);
    routes.add_creation(served);
    routes.add_updates(served);
    routes.add_removal(served);
    if (collection.batch) routes.add_batch(served);
}

}  // namespace ezapi
