// An entity: its fields, its table and its rules, and the operations on it. All plugins that keep
// entities use it.
//
//     const Resource masters({.name = "masters", .table = "masters", .schema = "Master",
//                             .fields = fields(text("name").required(), integer("max_keys")),
//                             .uniques = {{"masters_name_key", {"name"}}}});
//     const Record one = masters.create(tx, body);
//
// Every write records a change (see changes.hpp) with the entity before and after, secrets masked;
// the operation log and the delivery to Redis depend on it. The UPDATE compares the row's version,
// so concurrent writes cannot overwrite each other. The table needs the columns `id bigint
// identity, version bigint default 1, created_at, updated_at timestamptz default now()` and one for
// each field.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/db.hpp"
#include "ezapi/resource/body.hpp"
#include "ezapi/resource/field.hpp"
#include "ezapi/resource/record.hpp"
#include "ezapi/resource/refusals.hpp"
#include "ezapi/resource/spec.hpp"
#include "ezapi/resource/versions.hpp"

namespace ezapi {

/// Any thread. The functions throw Error; `source` is a Db or a Tx.
class Resource {
public:
    explicit Resource(ResourceSpec spec) : spec_(std::move(spec)) { build_sql(); }

    [[nodiscard]] const ResourceSpec& spec() const { return spec_; }

    [[nodiscard]] const std::vector<Field>& fields() const { return spec_.fields; }

    /// "id, version, created_at, updated_at, <columns>", the columns that `record_at` expects.
    [[nodiscard]] const std::string& select_list() const { return select_list_; }

    [[nodiscard]] Record record_at(const Rows& rows, size_t row) const {
        return detail::read_row(spec_.fields, rows, row);
    }

    /// nullopt when there is no such row, or it is outside of `within`.
    template <class Source>
    [[nodiscard]] std::optional<Record> find(Source& source,
                                             std::int64_t id,
                                             const Within* within = nullptr) const {
        return first(
            within != nullptr
                ? source.query(select_one_ + " AND " + within->field + " = $2", {id, within->id})
                : source.query(select_one_, {id}));
    }

    /// The row with this value of a unique text field; nullopt when there is none.
    template <class Source>
    [[nodiscard]] std::optional<Record> find_by(Source& source,
                                                const std::string& field,
                                                std::string_view value) const {
        return first(source.query("SELECT " + select_list_ + " FROM " + spec_.table + " WHERE " +
                                      detail::column_name(field) + " = $1",
                                  {value}));
    }

    /// The row, locked until the transaction ends. Throws 404 when there is none, and 412 when it
    /// has none of `versions`.
    [[nodiscard]] Record lock(Tx& tx,
                              std::int64_t id,
                              const Within* within = nullptr,
                              const Versions& versions = {}) const {
        std::optional<Record> found = first(
            within != nullptr ? tx.query(select_one_ + " AND " + within->field + " = $2 FOR UPDATE",
                                         {id, within->id})
                              : tx.query(select_one_ + " FOR UPDATE", {id}));
        if (!found) throw missing(id);
        expect_version(*found, versions);
        return std::move(*found);
    }

    [[nodiscard]] Error missing(std::int64_t id) const {
        return Error(EZ_NOT_FOUND, spec_.name + " " + std::to_string(id) + ": no such entity");
    }

    /// Creates an entity from a request body. Throws 422 with all faults.
    [[nodiscard]] Record create(Tx& tx, const Json& body, const Within* within = nullptr) const {
        Draft draft;
        draft.body = &body;
        read(draft, body, BodyMode::create);
        if (within != nullptr) draft.after[within->field] = within->id;
        prepare(tx, draft);
        Record after = first_of(write(tx, insert_, parameters(draft.after), draft.after));
        after.reveal = std::move(draft.reveal);
        record_change(tx, EZ_CREATED, nullptr, &after);
        return after;
    }

    /// `versions`: those that If-Match allows; throws 412 when the row has another one.
    [[nodiscard]] Record update(Tx& tx,
                                std::int64_t id,
                                const Json& body,
                                BodyMode mode,
                                const Versions& versions = {},
                                const Within* within = nullptr) const {
        const Record before = lock(tx, id, within, versions);
        Draft draft;
        draft.id = before.id;
        draft.before = &before.data;
        draft.body = &body;
        draft.mode = mode;
        // A client may send back the common members that it has read: they are checked, not stored.
        check_common(before, body, draft.faults);
        // RFC 7396 merges objects member by member; for all other types `body` suffices.
        read(draft, mode == BodyMode::merge ? merged_objects(before.data, body) : body, mode);
        prepare(tx, draft);
        Record after = store(tx, before, draft.after);
        after.reveal = std::move(draft.reveal);
        return after;
    }

    /// Sets columns by code, including read-only and hidden ones. `before` must be locked. Records
    /// a change as any write does.
    Record amend(Tx& tx, const Record& before, const Json& columns) const {
        Json after = before.data;
        after.update(columns);
        return store(tx, before, after);
    }

    void remove(Tx& tx,
                std::int64_t id,
                const Versions& versions = {},
                const Within* within = nullptr) const {
        const Record before = lock(tx, id, within, versions);
        if (spec_.deleting) spec_.deleting(tx, before);
        try {
            tx.query(delete_, {id, before.version});
        } catch (const Error& error) {
            if (error.sqlstate() != "23503") throw;
            throw detail::DeletionRefused(detail::Refusals(spec_).kept(id, "others"), id);
        }
        record_change(tx, EZ_DELETED, &before, nullptr);
    }

    /// Deletes all rows that belong to `within` and records their changes. `deleting` is not
    /// called.
    void remove_all(Tx& tx, const Within& within) const {
        const Rows rows =
            tx.query("DELETE FROM " + spec_.table + " WHERE " + detail::column_name(within.field) +
                         " = $1 RETURNING " + select_list_,
                     {within.id});
        for (size_t row = 0; row < rows.size(); ++row) {
            const Record before = record_at(rows, row);
            record_change(tx, EZ_DELETED, &before, nullptr);
        }
    }

    /// Converts an error of the database to the terms of the entity: names the field and the row
    /// that conflicts. `source` is used to find that row: a Db, or a Tx that has not failed.
    template <class Source>
    [[nodiscard]] Error explained(const Error& error, Source& source) const {
        return detail::Refusals(spec_).at_statement(error, source);
    }

    /// As `explained`, for an error of COMMIT: rows still refer to one that was deleted. `id` is
    /// the deleted row, if only one was.
    [[nodiscard]] Error explained_commit(const Error& error,
                                         std::optional<std::int64_t> id,
                                         const Db& db) const {
        return detail::Refusals(spec_).at_commit(error, id, db);
    }

    /// Reads a body according to the fields into `draft`, for code that stores the entity itself.
    void read(Draft& draft, const Json& body, BodyMode mode) const {
        if (!body.is_object()) {
            throw Error(EZ_INVALID, std::string("expected a JSON object, found ") + json_type(body))
                .with_http(422)
                .with_code("validation");
        }
        detail::BodyReader(spec_.fields, mode, draft).read(body);
        if (draft.creates()) refuse_common(body, draft.faults);
    }

private:
    void build_sql() {
        select_list_ = detail::kCommonSelect;
        std::string columns;
        std::string places;
        std::string sets;
        size_t number = 0;
        for (const Field& field : spec_.fields) {
            if (!field.has_column()) continue;
            select_list_ += ", " + detail::selected(field);
            if (!field.is_stored()) continue;
            const std::string place = "$" + std::to_string(++number);
            const std::string name = detail::column_name(field.name);
            columns += (columns.empty() ? "" : ", ") + name;
            places += (places.empty() ? "" : ", ") + place;
            sets += name + " = " + place + ", ";
        }
        const std::string id = "$" + std::to_string(number + 1);
        const std::string version = "$" + std::to_string(number + 2);
        select_one_ = "SELECT " + select_list_ + " FROM " + spec_.table + " WHERE id = $1";
        insert_ = "INSERT INTO " + spec_.table + " (" + columns + ") VALUES (" + places +
                  ") RETURNING " + select_list_;
        update_ = "UPDATE " + spec_.table + " SET " + sets +
                  "version = version + 1, updated_at = now() WHERE id = " + id +
                  " AND version = " + version + " RETURNING " + select_list_;
        delete_ = "DELETE FROM " + spec_.table + " WHERE id = $1 AND version = $2";
    }

    [[nodiscard]] std::optional<Record> first(const Rows& rows) const {
        if (rows.empty()) return std::nullopt;
        return detail::read_row(spec_.fields, rows, 0);
    }

    [[nodiscard]] Record first_of(const Rows& rows) const {
        return detail::read_row(spec_.fields, rows, 0);
    }

    [[nodiscard]] std::vector<Param> parameters(const Json& data) const {
        std::vector<Param> out;
        for (const Field& field : spec_.fields) {
            if (field.is_stored()) out.push_back(detail::parameter(field, data.at(field.name)));
        }
        return out;
    }

    void prepare(Tx& tx, Draft& draft) const {
        draft.faults.raise();  // rules over several fields may rely on each being valid
        if (spec_.prepare) spec_.prepare(tx, draft);
        draft.faults.raise();
    }

    /// Adds the row to an error of the database, for `explained`.
    static Rows write(Tx& tx,
                      const std::string& sql,
                      const std::vector<Param>& params,
                      const Json& row) {
        try {
            return tx.query(sql, params);
        } catch (const Error& error) {
            throw detail::RowRefused(error, row);
        }
    }

    Record store(Tx& tx, const Record& before, const Json& after_data) const {
        std::vector<Param> params = parameters(after_data);
        params.emplace_back(before.id);
        params.emplace_back(before.version);
        const Rows rows = write(tx, update_, params, after_data);
        if (rows.empty())
            throw Error(EZ_CONFLICT,
                        spec_.name + " " + std::to_string(before.id) + ": changed at the same time")
                .with_http(412);
        Record after = first_of(rows);
        record_change(tx, EZ_UPDATED, &before, &after);
        return after;
    }

    void record_change(Tx& tx,
                       std::int32_t action,
                       const Record* before,
                       const Record* after) const {
        const std::string id = std::to_string(before != nullptr ? before->id : after->id);
        tx.changed(
            {.resource = spec_.name,
             .id = id,
             .action = action,
             .before = before != nullptr ? std::string_view(before->text) : std::string_view(),
             .after = after != nullptr ? std::string_view(after->text) : std::string_view()});
        if (spec_.written) spec_.written(tx, before, after);
    }

    void expect_version(const Record& row, const Versions& versions) const {
        if (versions.allow(row.version)) return;
        throw Error(EZ_CONFLICT,
                    spec_.name + " " + std::to_string(row.id) + ": expected version " +
                        versions.text() + ", found " + std::to_string(row.version))
            .with_http(412)
            .with_code("version_mismatch");
    }

    static constexpr std::array kCommonNames{"id", "version", "created_at", "updated_at"};

    static void refuse_common(const Json& body, Faults& faults) {
        for (const char* name : kCommonNames) {
            if (body.contains(name)) faults.add(name, "read_only", "is given by the server");
        }
    }

    static void check_common(const Record& before, const Json& body, Faults& faults) {
        if (!body.is_object() ||
            std::none_of(kCommonNames.begin(), kCommonNames.end(), [&](const char* name) {
                return body.contains(name);
            }))
            return;
        const Json known = Json::parse(before.text);
        for (const char* name : kCommonNames) {
            const auto given = body.find(name);
            if (given != body.end() && *given != known.at(name) &&
                !detail::same_time(*given, known.at(name)))
                faults.add(name, "read_only", "is read-only; it is " + dump_json(known.at(name)));
        }
    }

    [[nodiscard]] Json merged_objects(const Json& stored, const Json& patch) const {
        Json out = patch;
        for (const Field& field : spec_.fields) {
            if (field.type != FieldType::object && field.type != FieldType::any) continue;
            const auto given = patch.find(field.name);
            if (given == patch.end() || !given->is_object() || !stored.at(field.name).is_object())
                continue;
            Json merged = stored.at(field.name);
            merged.merge_patch(*given);
            out[field.name] = std::move(merged);
        }
        return out;
    }

    ResourceSpec spec_;
    std::string select_list_;
    std::string select_one_;
    std::string insert_;
    std::string update_;
    std::string delete_;
};

}  // namespace ezapi
