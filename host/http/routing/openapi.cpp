#include "host/http/routing/openapi.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "host/http/routing/wait_query.hpp"
#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDescription =
    "Control plane of an LLM gateway. Errors are problem documents (RFC 9457).";

/// The problem replies that any operation may refer to.
struct CommonProblem {
    int status;
    const char* name;
    const char* description;
};

constexpr CommonProblem kProblems[] = {
    {400, "BadRequest", "Malformed body or unknown query parameter"},
    {401, "Unauthenticated", "The credential is missing or wrong"},
    {403, "Denied", "The caller may not do this"},
    {404, "NotFound", "No such resource"},
    {409, "Conflict", "In the way of what exists"},
    {412, "PreconditionFailed", "The entity has moved on since the version that If-Match names"},
    {413, "TooLarge", "The body is larger than the server takes"},
    {415, "UnsupportedMediaType", "The body is announced as something else than JSON"},
    {422, "Invalid", "Fields of the body are wrong; all of them are listed"},
    {429, "Exhausted", "A limit is reached; try again after Retry-After seconds"},
    {500, "Internal", "An internal fault, logged under the request id"},
    {503, "Unavailable", "Something needed is away; try again after Retry-After seconds"},
};

Json problem_schema() {
    const Json text{{"type", "string"}};
    const Json fault{{"type", "object"},
                     {"required", {"field", "code", "message"}},
                     {"properties", {{"field", text}, {"code", text}, {"message", text}}}};
    Json properties{{"type", {{"type", "string"}, {"example", "about:blank"}}},
                    {"title", text},
                    {"status", {{"type", "integer"}}},
                    {"detail", text},
                    {"code", text},
                    {"request_id", text},
                    {"errors", {{"type", "array"}, {"items", fault}}}};
    return {{"type", "object"},
            {"required", {"type", "title", "status", "detail", "code", "request_id"}},
            {"properties", std::move(properties)}};
}

const char* security_scheme(int32_t access) {
    switch (access) {
        case EZ_ADMIN:
            return "adminToken";
        case EZ_MASTER:
            return "masterKey";
        case EZ_INTERNAL_ONLY:
            return "internalToken";
        default:
            return nullptr;
    }
}

/// "GET /admin/masters/{id}/keys" becomes "getAdminMastersByIdKeys".
std::string derived_operation_id(const Route& route) {
    std::string id = lowered(route.spec.method);
    for (const auto& segment : route.segments) {
        if (is_parameter(segment)) id.append("By");
        bool upper = true;
        for (const char c : segment) {
            if (!is_alpha(c) && !is_digit(c)) {
                upper = true;
                continue;
            }
            id.push_back(upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
            upper = false;
        }
    }
    return id;
}

void add_path_parameters(const Route& route, Json& operation) {
    for (const auto& segment : route.segments) {
        if (!is_parameter(segment)) continue;
        const std::string name = segment.substr(1, segment.size() - 2);
        Json& parameters = operation["parameters"];
        const bool declared = std::any_of(parameters.begin(), parameters.end(), [&](const Json& p) {
            return p.value("in", "") == "path" && p.value("name", "") == name;
        });
        if (declared) continue;
        parameters.push_back(
            {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    }
}

/// A write may wait until its change is in Redis; the reply names the revision.
void add_wait(const Route& route, Json& operation) {
    if (!route.takes_wait) return;
    operation["parameters"].push_back(
        {{"name", "wait"},
         {"in", "query"},
         {"required", false},
         {"schema", {{"type", "string"}, {"enum", {"applied"}}}},
         {"description",
          "Answer when the change is in Redis, or the timeout has passed; X-Change-State tells "
          "which. The write is committed either way"}});
    operation["parameters"].push_back({{"name", "timeout"},
                                       {"in", "query"},
                                       {"required", false},
                                       {"schema",
                                        {{"type", "number"},
                                         {"minimum", 0},
                                         {"maximum", kLongestWait.count()},
                                         {"default", kUsualWait.count()}}},
                                       {"description", "Longest time to wait, in seconds"}});
    for (auto& [status, response] : operation["responses"].items()) {
        if (!status.starts_with('2')) continue;
        response["headers"]["X-Change-Revision"] = {
            {"description",
             "The revision under which the change reaches Redis, at once where nothing of it is "
             "there; absent: nothing changed"},
            {"schema", {{"type", "integer"}, {"format", "int64"}}}};
        response["headers"]["X-Change-State"] = {
            {"description", "With wait=applied: what has become of the change"},
            {"schema", {{"type", "string"}, {"enum", {"applied", "pending", "dead"}}}}};
    }
}

bool is_common(const Route& route, const Json& operation, int status) {
    const bool closed = route.spec.access != EZ_PUBLIC;
    const bool writes = route.spec.method != "GET" && route.spec.method != "HEAD";
    const bool has_path_parameter = std::any_of(route.segments.begin(),
                                                route.segments.end(),
                                                [](const auto& s) { return is_parameter(s); });
    const bool has_body = operation.contains("requestBody");
    const Json parameters = operation.value("parameters", Json::array());
    const bool conditional = std::any_of(parameters.begin(), parameters.end(), [](const Json& p) {
        return p.value("name", "") == "If-Match";
    });
    switch (status) {
        case 401:
        case 403:
            return closed;
        case 404:
            return has_path_parameter;
        case 409:
            return writes && closed;
        case 412:
            return conditional;
        case 413:
        case 415:
        case 422:
            return has_body;
        case 429:
            return route.spec.access == EZ_ADMIN || route.spec.access == EZ_INTERNAL_ONLY;
        default:
            return true;  // 400 too: unknown query parameters are refused everywhere
    }
}

void add_responses(const Route& route, Json& operation) {
    Json& responses = operation["responses"];
    if (!responses.is_object() || responses.empty()) {
        responses = {{"200", {{"description", "Done"}}}};
    }
    for (const auto& problem : kProblems) {
        const std::string status = std::to_string(problem.status);
        if (responses.contains(status) || !is_common(route, operation, problem.status)) continue;
        responses[status] = {{"$ref", std::string("#/components/responses/") + problem.name}};
    }
}

std::string unique_id(std::string id, std::set<std::string>& taken) {
    const std::string stem = id;
    for (int number = 2; !taken.insert(id).second; ++number) id = stem + std::to_string(number);
    return id;
}

Json operation_of(const Route& route, const Json& described, std::set<std::string>& ids) {
    Json operation = described.value("operation", Json::object());
    if (!operation.contains("summary")) {
        operation["summary"] = route.spec.method + " " + route.spec.pattern;
    }
    operation["operationId"] =
        unique_id(operation.value("operationId", derived_operation_id(route)), ids);
    if (!operation.contains("tags")) operation["tags"] = {route.owner};
    add_path_parameters(route, operation);
    add_responses(route, operation);
    add_wait(route, operation);
    const char* scheme = security_scheme(route.spec.access);
    operation["security"] =
        scheme == nullptr ? Json::array() : Json::array({{{scheme, Json::array()}}});
    return operation;
}

Json security_schemes(const std::set<std::string>& used) {
    Json schemes = Json::object();
    const auto add = [&](const char* name, const char* description) {
        if (!used.contains(name)) return;
        schemes[name] = {{"type", "http"}, {"scheme", "bearer"}, {"description", description}};
    };
    add("adminToken", "The admin token, or a session token made with it");
    add("masterKey", "A master's key");
    add("internalToken", "The token of the data plane");
    return schemes;
}

Json common_responses(const std::set<std::string>& used) {
    Json responses = Json::object();
    const Json content{
        {"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}};
    for (const auto& problem : kProblems) {
        if (!used.contains(problem.name)) continue;
        responses[problem.name] = {{"description", problem.description}, {"content", content}};
    }
    return responses;
}

/// The components that operations refer to; unused ones are left out.
struct Used {
    std::set<std::string> responses;
    std::set<std::string> schemes;
    std::set<std::string> tags;

    void add(const Json& operation) {
        for (const auto& response : operation["responses"]) {
            const std::string reference = response.value("$ref", "");
            if (!reference.empty()) responses.insert(reference.substr(reference.rfind('/') + 1));
        }
        for (const auto& scheme : operation["security"]) {
            for (const auto& [name, scopes] : scheme.items()) schemes.insert(name);
        }
        for (const auto& tag : operation["tags"].get<std::vector<std::string>>()) tags.insert(tag);
    }
};

Json info_of(const ApiInfo& info) {
    return {{"title", info.title},
            {"description", kDescription},
            {"version", info.version},
            {"license", {{"name", "MIT"}, {"url", "https://opensource.org/license/mit"}}}};
}

/// Sorted by path and method, so that the document does not depend on the start order of plugins.
std::vector<RoutePtr> in_order(std::vector<RoutePtr> routes) {
    const auto rank = [](const Route& route) {
        constexpr std::string_view kOrder = "GET POST PUT PATCH DELETE HEAD";
        return kOrder.find(route.spec.method);
    };
    std::sort(routes.begin(), routes.end(), [&](const RoutePtr& a, const RoutePtr& b) {
        if (a->spec.pattern != b->spec.pattern) return a->spec.pattern < b->spec.pattern;
        return rank(*a) < rank(*b);
    });
    return routes;
}

}  // namespace

std::string compose_openapi(const ApiInfo& info, const std::vector<RoutePtr>& routes) {
    Json paths = Json::object();
    std::map<std::string, Json> schemas{{"Problem", problem_schema()}};
    std::set<std::string> ids;
    Used used;
    for (const auto& route : in_order(routes)) {
        const auto described =
            route->spec.describe.empty() ? Json::object() : Json::parse(route->spec.describe);
        if (described.value("hidden", false)) continue;
        Json operation = operation_of(*route, described, ids);
        used.add(operation);
        paths[route->spec.pattern][lowered(route->spec.method)] = std::move(operation);
        for (const auto& [name, schema] : route->schemas) {
            schemas.try_emplace(name, Json::parse(schema));
        }
    }
    Json tag_list = Json::array();
    for (const auto& tag : used.tags) {
        tag_list.push_back({{"name", tag}, {"description", "Operations of " + tag}});
    }
    Json components{{"schemas", schemas},
                    {"responses", common_responses(used.responses)},
                    {"securitySchemes", security_schemes(used.schemes)}};
    const Json document{{"openapi", "3.0.3"},
                        {"info", info_of(info)},
                        {"servers", Json::array({{{"url", "/"}}})},
                        {"tags", std::move(tag_list)},
                        {"paths", std::move(paths)},
                        {"components", std::move(components)}};
    return document.dump();
}

}  // namespace ezapi::host::http
