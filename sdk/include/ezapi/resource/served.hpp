// The handlers of a collection whose entities are addressed by id.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "ezapi/plugin.hpp"
#include "ezapi/resource/batch.hpp"
#include "ezapi/resource/collection.hpp"
#include "ezapi/resource/resource_list.hpp"

namespace ezapi {

namespace detail {

/// Runs a write of a resource and converts errors of the database to the terms of the entity.
template <class Write>
std::invoke_result_t<Write> explaining(const Resource& resource, const Db& db, Write&& write) {
    try {
        return std::forward<Write>(write)();
    } catch (const Error& error) {
        throw resource.explained(error, db);
    }
}

/// Shared by the handlers that the host keeps. `resource` must outlive it.
class Served {
public:
    Served(Host& host, const Resource& resource, Collection collection)
        : db_(host.db()),
          resource_(resource),
          collection_(std::move(collection)),
          plan_(list_plan(resource)) {}

    [[nodiscard]] const ListPlan& plan() const { return plan_; }

    [[nodiscard]] Response list(const Request& request) const {
        const auto within = scope(request);
        const ListQuery query(plan_, request, within ? &*within : nullptr);
        const auto append = [this](std::string& body, const Rows& rows, size_t row) {
            append_row(body, resource_.fields(), rows, row);
        };
        return list_response(request, query.run(db_, append));
    }

    [[nodiscard]] Response read(const Request& request) const {
        const auto within = scope(request);
        const std::int64_t id = request.id(collection_.item);
        const auto record = resource_.find(db_, id, within ? &*within : nullptr);
        if (!record) throw resource_.missing(id);
        return read_response(request, *record);
    }

    [[nodiscard]] Response create(const Request& request, Tx& tx) const {
        const auto within = scope(request);
        const Json body = request.object(kEntityLimits);
        const Record record = explaining(resource_, db_, [&] {
            return resource_.create(tx, body, within ? &*within : nullptr);
        });
        return entity_response(record, 201)
            .with("Location", std::string(request.path()) + "/" + std::to_string(record.id));
    }

    [[nodiscard]] Response update(const Request& request, Tx& tx, BodyMode mode) const {
        const auto within = scope(request);
        const Json body = request.object(kEntityLimits);
        return entity_response(explaining(resource_, db_, [&] {
            return resource_.update(tx,
                                    request.id(collection_.item),
                                    body,
                                    mode,
                                    if_match(request),
                                    within ? &*within : nullptr);
        }));
    }

    [[nodiscard]] Response remove(const Request& request, Tx& tx) const {
        const auto within = scope(request);
        const std::int64_t id = request.id(collection_.item);
        explaining(resource_, db_, [&] {
            resource_.remove(tx, id, if_match(request), within ? &*within : nullptr);
        });
        return Response::none();
    }

    [[nodiscard]] Response batch(const Request& request, Tx& tx) const {
        const auto within = scope(request);
        JsonLimits limits = kBodyLimits;
        limits.exact_numbers = kEntityLimits.exact_numbers;
        return run_batch(
            tx,
            read_batch(request.object(limits)),
            [&](const Json& operation) {
                return run_operation(tx, operation, within ? &*within : nullptr);
            },
            [this](const Error& error, Tx* asked) {
                return asked != nullptr ? resource_.explained(error, *asked)
                                        : resource_.explained(error, db_);
            });
    }

    /// Converts an error of COMMIT. A batch may have deleted several rows; then none is named.
    [[nodiscard]] Error refused(const Request& request, const Error& error) const {
        const bool of_one = !request.param(collection_.item).empty();
        return resource_.explained_commit(
            error, of_one ? std::optional(request.id(collection_.item)) : std::nullopt, db_);
    }

protected:
    [[nodiscard]] const Resource& resource() const { return resource_; }

    [[nodiscard]] const Collection& collection() const { return collection_; }

    [[nodiscard]] const Db& db() const { return db_; }

private:
    [[nodiscard]] std::optional<Within> scope(const Request& request) const {
        if (!collection_.within) return std::nullopt;
        return collection_.within(request);
    }

    [[nodiscard]] Json run_operation(Tx& tx, const Json& operation, const Within* within) const {
        check_operation(operation);
        const std::string op = operation["op"];
        const std::optional<std::int64_t> version =
            operation.contains("version") ? as_integer(operation["version"]) : std::nullopt;
        Json result{{"op", op}};
        if (op == "delete") {
            const std::int64_t id = operation["id"];
            resource_.remove(tx, id, version, within);
            result.update({{"status", 204}, {"id", id}});
            return result;
        }
        const Record record =
            op == "create"
                ? resource_.create(tx, operation["data"], within)
                : resource_.update(
                      tx, operation["id"], operation["data"], BodyMode::merge, version, within);
        Json data = parse_stored(record.text);
        data.update(record.reveal);
        result.update(
            {{"status", op == "create" ? 201 : 200}, {"id", record.id}, {"data", std::move(data)}});
        return result;
    }

    Db db_;
    const Resource& resource_;
    Collection collection_;
    ListPlan plan_;
};

}  // namespace detail

}  // namespace ezapi
