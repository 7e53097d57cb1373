// POST <collection>/batch: up to 1,000 operations in one transaction. An atomic batch (the default)
// does all or nothing; its faults are reported in one problem document, with fields that begin with
// operations/<index>/. In a batch that is not atomic each operation has its own savepoint, and its
// result may be a problem document.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ezapi/db.hpp"
#include "ezapi/http.hpp"

namespace ezapi {

inline constexpr size_t kMaxBatch = 1000;

namespace detail {

struct BatchRequest {
    bool atomic = true;
    Json operations;
};

inline BatchRequest read_batch(const Json& body) {
    Faults faults;
    BatchRequest out;
    for (const auto& [name, value] : body.items()) {
        if (name == "atomic" && value.is_boolean()) {
            out.atomic = value.get<bool>();
        } else if (name == "operations" && value.is_array()) {
            out.operations = value;
        } else if (name == "atomic" || name == "operations") {
            faults.add(
                name, "type", name == "atomic" ? "expected true or false" : "expected an array");
        } else {
            faults.add(shortened(name), "unknown", "no such field; known: atomic, operations");
        }
    }
    if (!body.contains("operations")) faults.add("operations", "required", "is required");
    if (out.operations.size() > kMaxBatch) {
        faults.add("operations",
                   "range",
                   "expected at most " + std::to_string(kMaxBatch) + " operations, found " +
                       std::to_string(out.operations.size()));
    }
    faults.raise();
    return out;
}

/// Checks the members of one operation, but not its data.
inline void check_operation(const Json& operation) {
    Faults faults;
    if (!operation.is_object()) {
        faults.add("", "type", "expected an object");
        faults.raise();
    }
    const std::string op = operation.contains("op") && operation["op"].is_string()
                               ? operation["op"].get<std::string>()
                               : "";
    if (op != "create" && op != "update" && op != "delete")
        faults.add("op", "choice", "expected create, update or delete");
    for (const auto& [name, value] : operation.items()) {
        if (name != "op" && name != "id" && name != "data" && name != "version")
            faults.add(shortened(name), "unknown", "no such field; known: op, id, data, version");
    }
    const auto id = operation.contains("id") ? as_integer(operation["id"]) : std::nullopt;
    if (op == "create" && operation.contains("id"))
        faults.add("id", "read_only", "is given by the server");
    if ((op == "update" || op == "delete") && (!id || *id <= 0))
        faults.add("id", "required", "expected a positive integer");
    if ((op == "create" || op == "update") &&
        (!operation.contains("data") || !operation["data"].is_object()))
        faults.add("data", "required", "expected an object");
    if (op == "delete" && operation.contains("data"))
        faults.add("data", "unknown", "a deletion has no data");
    if (operation.contains("version") && (op == "create" || !as_integer(operation["version"])))
        faults.add("version",
                   "type",
                   op == "create" ? "a creation has no version" : "expected an integer");
    faults.raise();
}

/// Whether the error concerns the connection or the whole transaction and not one operation.
inline bool concerns_all(const Error& error) {
    return error.http_status() >= 500 || error.sqlstate() == "40001" || error.sqlstate() == "40P01";
}

inline Json problem_json(const Error& error) {
    const int status = error.http_status();
    Json out{{"type", "about:blank"},
             {"title", reason_phrase(status)},
             {"status", status},
             {"code", error.code().empty() ? std::string(default_code(status)) : error.code()},
             {"detail",
              status >= 500 ? std::string("the operation failed") : std::string(error.what())}};
    if (const auto faults = faults_of(error); !faults.empty()) out["errors"] = faults_json(faults);
    return out;
}

using RunOperation = std::function<Json(const Json& operation)>;
/// Converts an error to the terms of the entity. `tx` can be queried, and sees what the batch has
/// done so far; nullptr when the error has aborted the transaction.
using ExplainFault = std::function<Error(const Error&, Tx* tx)>;

inline Error explained(const Error& error, const ExplainFault& explain, Tx* tx) {
    return explain ? explain(error, tx) : Error(error);
}

/// Runs one operation on its own savepoint. Its error becomes its result.
inline Json run_guarded(Tx& tx,
                        const Json& operation,
                        const RunOperation& run,
                        const ExplainFault& explain) {
    tx.query("SAVEPOINT operation");
    try {
        Json result = run(operation);
        tx.query("RELEASE SAVEPOINT operation");
        return result;
    } catch (const Error& error) {
        if (concerns_all(error)) throw;
        tx.query("ROLLBACK TO SAVEPOINT operation");
        const Error told = explained(error, explain, &tx);
        const bool named =
            operation.is_object() && operation.contains("op") && operation["op"].is_string();
        return {{"op", named ? operation["op"] : Json("")},
                {"status", told.http_status()},
                {"problem", problem_json(told)}};
    }
}

/// The faults of an atomic batch, from all operations that could be tried.
class BatchFaults {
public:
    void add(size_t index, const Error& error) {
        const std::string code =
            error.code().empty() ? std::string(default_code(error.http_status())) : error.code();
        if (count_ == 0) {
            status_ = error.http_status();
            code_ = code;
        }
        const std::string place = "operations/" + std::to_string(index) + "/";
        for (const FieldFault& fault : error.faults())
            add({place + fault.field, fault.code, fault.message});
        if (error.faults().empty()) add({place + error.field(), code, error.what()});
    }

    void raise() {
        if (count_ == 0) return;
        const std::string summary =
            counted_faults(count_, "fault", "faults") + ", nothing was done";
        throw Error(EZ_INVALID, summary)
            .with_http(status_)
            .with_code(code_)
            .with_faults(std::move(faults_));
    }

private:
    void add(FieldFault fault) {
        if (++count_ <= kMaxFaults) faults_.push_back(std::move(fault));
    }

    std::vector<FieldFault> faults_;
    size_t count_ = 0;
    int status_ = 422;
    std::string code_;
};

inline Response run_batch(Tx& tx,
                          const BatchRequest& batch,
                          const RunOperation& run,
                          const ExplainFault& explain = {}) {
    Json results = Json::array();
    BatchFaults faults;
    for (size_t index = 0; index < batch.operations.size(); ++index) {
        try {
            results.push_back(batch.atomic
                                  ? run(batch.operations[index])
                                  : run_guarded(tx, batch.operations[index], run, explain));
            results.back()["index"] = index;
        } catch (const Error& error) {
            if (concerns_all(error)) throw;
            faults.add(index, explained(error, explain, nullptr));
            // An error of the database has aborted the transaction, so no later operation can be
            // tried.
            if (!error.sqlstate().empty()) break;
        }
    }
    faults.raise();
    return Response::json({{"results", std::move(results)}});
}

}  // namespace detail
}  // namespace ezapi
