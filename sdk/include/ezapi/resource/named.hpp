// The routes of a resource whose entities clients address by a name of their own choice: list,
// read, create or replace by PUT, delete.
//
//     serve_named(host, flags, {.path = "/admin/features", .tag = "features", .item = "name"});
//
// The item's path parameter is a unique, create-only text field of the resource. PUT answers 201
// when it created and 200 when it replaced; `If-None-Match: *` asks for creation only, `If-Match`
// for replacement only. A name that was deleted may be created again, so that an ETag holds the
// entity's id beside its version: "12.3".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ezapi/resource/serve.hpp"

namespace ezapi {

namespace detail {

/// One named collection's handlers. Shared by the lambdas that the host keeps.
class NamedServed {
public:
    NamedServed(Host& host, const Resource& resource, Collection collection)
        : db_(host.db()), resource_(resource), collection_(std::move(collection)) {}

    [[nodiscard]] Response list(const Request& request) const {
        return list_response(request, ListQuery(resource_, request, nullptr).run(db_));
    }

    [[nodiscard]] Response read(const Request& request) const {
        const auto record = resource_.find_by(db_, collection_.item, name_of(request));
        if (!record) throw missing(request);
        return read_response(request, *record, prefix_of(record->id));
    }

    [[nodiscard]] Response put(const Request& request, Tx& tx) const {
        Json body = request.object(kEntityLimits);
        body.emplace(collection_.item, name_of(request));
        take_turn(tx, request);
        const auto found = resource_.find_by(tx, collection_.item, name_of(request));
        return explaining(resource_, db_, [&] {
            return found ? replace(request, tx, found->id, body) : create(request, tx, body);
        });
    }

    [[nodiscard]] Response remove(const Request& request, Tx& tx) const {
        take_turn(tx, request);
        const auto found = resource_.find_by(tx, collection_.item, name_of(request));
        if (!found) throw missing(request);
        explaining(resource_, db_, [&] {
            resource_.remove(tx, found->id, if_match(request, prefix_of(found->id)));
        });
        return Response::none();
    }

private:
    [[nodiscard]] std::string_view name_of(const Request& request) const {
        return request.param(collection_.item);
    }

    [[nodiscard]] static std::string prefix_of(std::int64_t id) { return std::to_string(id) + "."; }

    [[nodiscard]] Error missing(const Request& request) const {
        return Error(EZ_NOT_FOUND,
                     resource_.spec().name + " '" + std::string(name_of(request).substr(0, 128)) +
                         "': no such entity");
    }

    /// Writers of one name come one after the other, so that the second of two first PUTs replaces.
    void take_turn(Tx& tx, const Request& request) const {
        tx.query("SELECT pg_advisory_xact_lock(hashtextextended($1::text || '/' || $2::text, 0))",
                 {resource_.spec().name, name_of(request)});
    }

    [[nodiscard]] Response replace(const Request& request,
                                   Tx& tx,
                                   std::int64_t id,
                                   const Json& body) const {
        const std::string prefix = prefix_of(id);
        const Versions asked = if_match(request, prefix);
        if (request.header("if-none-match") &&
            names_version(request, resource_.lock(tx, id).version, prefix))
            throw detail::version_mismatch("If-None-Match: the entity exists already");
        return entity_response(
            resource_.update(tx, id, body, BodyMode::replace, asked), 200, prefix);
    }

    [[nodiscard]] Response create(const Request& request, Tx& tx, const Json& body) const {
        if (detail::tags_in(request, "If-Match"))
            throw detail::version_mismatch("If-Match: there is no such entity");
        static_cast<void>(detail::tags_in(request, "If-None-Match"));  // nothing stands there
        // The path is text from outside like any field, so the rules of the field judge it too.
        if (body.at(collection_.item) != name_of(request)) {
            Faults faults;
            faults.add(collection_.item, "read_only", "is not the name that stands in the path");
            faults.raise();
        }
        const Record record = resource_.create(tx, body);
        return entity_response(record, 201, prefix_of(record.id))
            .with("Location", std::string(request.path()));
    }

    Db db_;
    const Resource& resource_;
    Collection collection_;
};

}  // namespace detail

/// Registers the routes. The resource must outlive them: keep it as a member of the plugin.
inline void serve_named(Host& host, const Resource& resource, const Collection& collection) {
    const ResourceSpec& spec = resource.spec();
    const auto served = std::make_shared<const detail::NamedServed>(host, resource, collection);
    const std::string item = collection.path + "/{" + collection.item + "}";
    const std::string put_schema = spec.schema + "Put";
    const auto describe = [&](const std::string& summary) {
        return Operation(summary)
            .tag(collection.tag)
            .path(collection.item, text_schema())
            .schema(spec.schema, detail::entity_schema(spec));
    };

    host.get(collection.path,
             collection.access,
             detail::list_operation(spec).tag(collection.tag),
             [served](const Request& request) { return served->list(request); });
    host.get(item,
             collection.access,
             detail::cacheable(describe("Reads one of the " + spec.name))
                 .returns(200, spec.schema.c_str()),
             [served](const Request& request) { return served->read(request); });
    host.write("PUT",
               item,
               collection.access,
               detail::conditional(describe("Creates or replaces one of the " + spec.name))
                   .header("If-None-Match", text_schema(), "* creates only")
                   .body_of(put_schema)
                   .schema(put_schema, detail::named_body_schema(spec, collection.item))
                   .returns(200, spec.schema.c_str())
                   .returns(201, spec.schema.c_str()),
               {.max_body = collection.max_body},
               [served](const Request& request, Tx& tx) { return served->put(request, tx); });
    host.write("DELETE",
               item,
               collection.access,
               detail::conditional(describe("Deletes one of the " + spec.name)).returns(204),
               {.max_body = collection.max_body},
               [served](const Request& request, Tx& tx) { return served->remove(request, tx); });
}

}  // namespace ezapi
