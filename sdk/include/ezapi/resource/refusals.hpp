// Converts errors of PostgreSQL's constraints to errors in the terms of the entity.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ezapi/db.hpp"
#include "ezapi/error.hpp"
#include "ezapi/resource/record.hpp"
#include "ezapi/resource/spec.hpp"

namespace ezapi::detail {

/// A row was not deleted, because other rows refer to it.
struct DeletionRefused : Error {
    DeletionRefused(Error error, std::int64_t row_id) : Error(std::move(error)), id(row_id) {}

    std::int64_t id;
};

/// A row was not stored; with its values.
struct RowRefused : Error {
    RowRefused(const Error& error, Json refused) : Error(error), row(std::move(refused)) {}

    Json row;
};

class Refusals {
public:
    /// `spec` must outlive this object.
    explicit Refusals(const ResourceSpec& spec) : spec_(spec) {}

    /// The 409 for a row that cannot be deleted, because `users` refer to it.
    [[nodiscard]] Error kept(std::optional<std::int64_t> id, const std::string& users) const {
        const std::string which = id ? spec_.name + " " + std::to_string(*id)
                                     : "one of the " + spec_.name + " to be deleted";
        return Error(EZ_CONFLICT, which + ": in use by " + users)
            .with_code("in_use")
            .with_sqlstate("23503");
    }

    /// Converts an error of a statement: names the field and the row that conflicts. `source` is
    /// used to find that row: a Db, or a Tx that has not failed.
    template <class Source>
    [[nodiscard]] Error at_statement(const Error& error, Source& source) const {
        if (const auto* deletion = dynamic_cast<const DeletionRefused*>(&error))
            return in_use(deletion->id, error, source);
        const auto* refused = dynamic_cast<const RowRefused*>(&error);
        if (refused == nullptr) return error;
        if (error.sqlstate() == "23505") {
            for (const Unique& unique : spec_.uniques) {
                if (unique.constraint == error.field()) return taken(unique, source, refused->row);
            }
        }
        if (error.sqlstate() == "23503") {
            for (const Foreign& foreign : spec_.foreigns) {
                if (foreign.constraint == error.field()) return dangling(foreign, refused->row);
            }
        }
        return error;
    }

    /// As at_statement, for an error of COMMIT: rows still refer to one that was deleted. `id` is
    /// the deleted row, if only one was.
    [[nodiscard]] Error at_commit(const Error& error,
                                  std::optional<std::int64_t> id,
                                  const Db& db) const {
        if (error.sqlstate() != "23503") return error;
        const Rows referring = db.query(
            "SELECT translate(r.relname, '_', '-') FROM pg_constraint c JOIN pg_class r ON r.oid = "
            "c.conrelid WHERE c.conname = $1 AND c.confrelid = $2::regclass",
            {error.field(), spec_.table});
        if (referring.empty()) return error;
        const std::string users = id ? users_of(*id, Checked::at_commit, db) : std::string();
        return kept(id, users.empty() ? std::string(referring.text(0, 0)) : users);
    }

private:
    [[nodiscard]] const Field* visible(const std::string& name) const {
        for (const Field& field : spec_.fields) {
            if (field.name == name && field.is_visible()) return &field;
        }
        return nullptr;
    }

    template <class Source>
    [[nodiscard]] Error taken(const Unique& unique, Source& source, const Json& row) const {
        std::string what;
        std::string sql = "SELECT id FROM " + spec_.table + " WHERE true";
        std::vector<Param> params;
        for (const std::string& name : unique.fields) {
            const Field* field = visible(name);
            if (field == nullptr) continue;
            params.push_back(parameter(*field, row.at(name)));
            sql += " AND " + column_name(name) + " = $" + std::to_string(params.size());
            what += (what.empty() ? "" : ", ") + name + " " + shown(row.at(name));
        }
        std::string who = "another of the " + spec_.name;
        if (params.size() == unique.fields.size()) {
            const Rows rows = source.query(sql + " LIMIT 1", params);
            if (!rows.empty()) who = spec_.name + " " + std::string(rows.text(0, 0));
        }
        return Error(EZ_CONFLICT,
                     (what.empty() ? unique.fields.front() : what) + ": already taken by " + who)
            .with_code("unique")
            .with_field(unique.fields.front())
            .with_sqlstate("23505");
    }

    /// The 409 with the number of referring rows.
    template <class Source>
    [[nodiscard]] Error in_use(std::int64_t id, const Error& refusal, Source& source) const {
        const std::string users = users_of(id, Checked::at_once, source);
        return users.empty() ? refusal : kept(id, users);
    }

    /// When a foreign key is checked. A deferred one is not checked before the commit.
    enum class Checked { at_once, at_commit };

    /// "3 keys, 1 others": the rows that refer to `id`, counted by way of the foreign keys to this
    /// table.
    template <class Source>
    [[nodiscard]] std::string users_of(std::int64_t id, Checked when, Source& source) const {
        const Rows tables = source.query(
            "SELECT c.conrelid::regclass::text, quote_ident(a.attname), translate(r.relname, '_', "
            "'-') FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_attribute a "
            "ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f' AND "
            "c.condeferrable = $2 AND c.confrelid = $1::regclass AND cardinality(c.conkey) = 1 "
            "ORDER BY 3",
            {spec_.table, when == Checked::at_commit});
        std::string users;
        for (size_t row = 0; row < tables.size(); ++row) {
            const Rows count =
                source.query("SELECT count(*) FROM " + std::string(tables.text(row, 0)) +
                                 " WHERE " + std::string(tables.text(row, 1)) + " = $1",
                             {id});
            if (count.text(0, 0) == "0") continue;
            users += (users.empty() ? "" : ", ") + std::string(count.text(0, 0)) + " " +
                     std::string(tables.text(row, 2));
        }
        return users;
    }

    [[nodiscard]] static Error dangling(const Foreign& foreign, const Json& row) {
        const std::string message =
            "no such entity in " + foreign.resource + ": " + shown(row.at(foreign.field));
        return Error(EZ_INVALID, foreign.field + ": " + message)
            .with_http(422)
            .with_code("validation")
            .with_sqlstate("23503")
            .with_faults({{foreign.field, "dangling", message}});
    }

    const ResourceSpec& spec_;
};

}  // namespace ezapi::detail
