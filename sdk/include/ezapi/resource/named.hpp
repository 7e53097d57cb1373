// The handlers of a collection whose entities are addressed by names that clients choose.
//
// PUT answers 201 when it has created and 200 when it has replaced. `If-None-Match: *` allows
// creation only, `If-Match` replacement only. A deleted name may be created again, so the ETag
// contains the id of the entity before its version: "12.3".
#pragma once

#include <string>
#include <string_view>

#include "ezapi/resource/served.hpp"

namespace ezapi {

namespace detail {

/// Shared by the handlers that the host keeps. `collection.by` must not be empty.
class NamedServed : public Served {
public:
    using Served::Served;

    [[nodiscard]] Response read(const Request& request) const {
        const auto record = resource().find_by(db(), collection().by, name_of(request));
        if (!record) throw missing(request);
        return read_response(request, *record, prefix_of(record->id));
    }

    [[nodiscard]] Response put(const Request& request, Tx& tx) const {
        Json body = request.object(kEntityLimits);
        body.emplace(collection().by, name_of(request));
        take_turn(tx, request);
        const auto found = resource().find_by(tx, collection().by, name_of(request));
        return explaining(resource(), db(), [&] {
            return found ? replace(request, tx, found->id, body) : create(request, tx, body);
        });
    }

    [[nodiscard]] Response remove(const Request& request, Tx& tx) const {
        take_turn(tx, request);
        const auto found = resource().find_by(tx, collection().by, name_of(request));
        if (!found) throw missing(request);
        explaining(resource(), db(), [&] {
            resource().remove(tx, found->id, if_match(request, prefix_of(found->id)));
        });
        return Response::none();
    }

private:
    [[nodiscard]] std::string_view name_of(const Request& request) const {
        return request.param(collection().by);
    }

    [[nodiscard]] static std::string prefix_of(std::int64_t id) { return std::to_string(id) + "."; }

    [[nodiscard]] Error missing(const Request& request) const {
        return Error(EZ_NOT_FOUND,
                     resource().spec().name + " '" + std::string(name_of(request).substr(0, 128)) +
                         "': no such entity");
    }

    /// Serialises writers of one name, so that the second of two concurrent first PUTs replaces.
    void take_turn(Tx& tx, const Request& request) const {
        tx.query("SELECT pg_advisory_xact_lock(hashtextextended($1::text || '/' || $2::text, 0))",
                 {resource().spec().name, name_of(request)});
    }

    [[nodiscard]] Response replace(const Request& request,
                                   Tx& tx,
                                   std::int64_t id,
                                   const Json& body) const {
        const std::string prefix = prefix_of(id);
        const Versions asked = if_match(request, prefix);
        if (request.header("if-none-match") &&
            names_version(request, resource().lock(tx, id).version, prefix))
            throw detail::version_mismatch("If-None-Match: the entity exists already");
        return entity_response(
            resource().update(tx, id, body, BodyMode::replace, asked), 200, prefix);
    }

    [[nodiscard]] Response create(const Request& request, Tx& tx, const Json& body) const {
        if (detail::tags_in(request, "If-Match"))
            throw detail::version_mismatch("If-Match: there is no such entity");
        static_cast<void>(detail::tags_in(request, "If-None-Match"));  // refuses a malformed header
        // The name in the path is input like any field, and is validated by the rules of the field.
        if (body.at(collection().by) != name_of(request)) {
            Faults faults;
            faults.add(collection().by, "read_only", "is not the name that stands in the path");
            faults.raise();
        }
        const Record record = resource().create(tx, body);
        return entity_response(record, 201, prefix_of(record.id))
            .with("Location", std::string(request.path()));
    }
};

}  // namespace detail

}  // namespace ezapi
