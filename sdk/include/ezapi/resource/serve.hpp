// The routes of a resource: list, create, read, replace, merge, delete and batch, with their
// conventions (ETag and If-Match, Location, cursors, one problem for all faults).
//
//     serve(host, masters, {.path = "/admin/masters", .tag = "masters"});
//     serve(host, keys, {.path = "/v1/tokens", .access = Access::master, .tag = "tokens",
//                        .within = own_master, .batch = false});
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "ezapi/resource/schema.hpp"
#include "ezapi/resource/served.hpp"

namespace ezapi {

namespace detail {

[[nodiscard]] inline Operation for_collection(Operation operation,
                                              const Collection& collection,
                                              bool item) {
    operation = std::move(operation).tag(collection.tag);
    if (!collection.within_param.empty())
        operation = std::move(operation).path(collection.within_param, integer_schema());
    if (item) operation = std::move(operation).path(collection.item, integer_schema());
    return operation;
}

[[nodiscard]] inline Operation conditional(Operation operation) {
    return std::move(operation).header(
        "If-Match",
        text_schema(),
        "The ETag that was read, a list of such, or *; 412 when the entity has another version. "
        "What was counted since the read is no new version. A weak tag, or one with the coding of "
        "a proxy (\"3-gzip\"), counts as the tag that it was made from");
}

[[nodiscard]] inline Operation idempotent(Operation operation) {
    return std::move(operation).header(
        "Idempotency-Key",
        text_schema(),
        "Repeats of the request within 24 hours get the first answer");
}

}  // namespace detail

/// Registers the routes. The resource must outlive them: keep it as a member of the plugin.
inline void serve(Host& host, const Resource& resource, const Collection& collection) {
    const ResourceSpec& spec = resource.spec();
    const auto served = std::make_shared<const detail::Served>(host, resource, collection);
    const Access access = collection.access;
    const std::string& path = collection.path;
    const std::string item = path + "/{" + collection.item + "}";
    const std::string create_schema = spec.schema + "Create";
    const std::string merge_schema = spec.schema + "Patch";
    const Json entity = detail::entity_schema(spec);
    const auto describe = [&](const std::string& summary, bool of_item) {
        return detail::for_collection(Operation(summary), collection, of_item)
            .schema(spec.schema, entity);
    };

    host.get(path,
             access,
             detail::for_collection(detail::list_operation(spec), collection, false),
             [served](const Request& request) { return served->list(request); });
    const auto refused = [served](const Request& request, const Error& error) {
        return served->refused(request, error);
    };
    host.write("POST",
               path,
               access,
               detail::idempotent(describe("Creates one of the " + spec.name, false))
                   .body_of(create_schema)
                   .schema(create_schema, detail::body_schema(spec, BodyMode::create))
                   .returns(201, detail::created_schema(spec)),
               {.max_body = collection.max_body},
               [served](const Request& request, Tx& tx) { return served->create(request, tx); });
    host.get(item,
             access,
             detail::cacheable(describe("Reads one of the " + spec.name, true))
                 .returns(200, spec.schema.c_str()),
             [served](const Request& request) { return served->read(request); });
    host.write("PUT",
               item,
               access,
               detail::conditional(describe("Replaces one of the " + spec.name, true))
                   .body_of(create_schema)
                   .schema(create_schema, detail::body_schema(spec, BodyMode::create))
                   .returns(200, spec.schema.c_str()),
               {.max_body = collection.max_body},
               [served](const Request& request, Tx& tx) {
                   return served->update(request, tx, BodyMode::replace);
               });
    host.write("PATCH",
               item,
               access,
               detail::conditional(describe("Merges into one of the " + spec.name, true))
                   .body_of(merge_schema)
                   .schema(merge_schema, detail::body_schema(spec, BodyMode::merge))
                   .returns(200, spec.schema.c_str()),
               {.max_body = collection.max_body},
               [served](const Request& request, Tx& tx) {
                   return served->update(request, tx, BodyMode::merge);
               });
    host.write(
        "DELETE",
        item,
        access,
        detail::conditional(describe("Deletes one of the " + spec.name, true)).returns(204),
        {.max_body = collection.max_body},
        [served](const Request& request, Tx& tx) { return served->remove(request, tx); },
        refused);
    if (collection.batch) {
        host.write(
            "POST",
            path + "/batch",
            access,
            detail::idempotent(
                describe("Creates, changes and deletes many of the " + spec.name, false))
                .body(detail::batch_body_schema())
                .returns(200, detail::batch_answer_schema(spec)),
            {},
            [served](const Request& request, Tx& tx) { return served->batch(request, tx); },
            refused);
    }
}

}  // namespace ezapi
