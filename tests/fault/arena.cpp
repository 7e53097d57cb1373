#include "tests/fault/arena.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

uint16_t port_in(const std::string& dsn) {
    const size_t at = dsn.find("port=");
    return static_cast<uint16_t>(std::stoi(dsn.substr(at + 5)));
}

}  // namespace

std::string through(const TcpProxy& proxy, const std::string& dsn) {
    std::stringstream words(dsn);
    std::string out;
    for (std::string word; words >> word;) {
        if (word.starts_with("port=")) word = "port=" + std::to_string(proxy.port());
        if (word.starts_with("host=")) word = "host=127.0.0.1";
        out += (out.empty() ? "" : " ") + word;
    }
    return out;
}

std::string Arena::missing() {
    for (const std::string& why : {PrivatePostgres::missing(), PrivateRedis::missing()}) {
        if (!why.empty()) return why;
    }
    if (std::getenv("EZ_TEST_PG_DSN") != nullptr || std::getenv("EZ_TEST_REDIS") != nullptr)
        return "the servers are not ours to break";
    return {};
}

Arena::Arena(std::map<std::string, std::string> environment) : dsn_(postgres.dsn()) {
    environment.insert({{"EZ_SYNC_OUTBOX_INTERVAL_SECONDS", "1"},
                        {"EZ_SECRET_KEYS", "test:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="},
                        {"EZ_API_KEEPALIVE_SECONDS", "5"}});
    for (Place& place : places) {
        place.to_postgres = std::make_unique<TcpProxy>(port_in(dsn_));
        place.to_redis = std::make_unique<TcpProxy>(redis.port());
        place.instance = std::make_unique<Instance>(
            InstanceOptions{.plugins = {"namespaces", "masters", "keys", "features", "sync"},
                            .dsn = through(*place.to_postgres, dsn_),
                            .redis = "127.0.0.1:" + std::to_string(place.to_redis->port()),
                            .environment = environment});
    }
}

State Arena::in_database() const {
    SqlReader sql(dsn_);
    State out;
    for (const SqlRow& row : sql.query("SELECT name, value->>'number' FROM features"))
        out[{"meta:features", *row[0]}] = {std::stoll(*row[1]), true};
    for (const SqlRow& row : sql.query("SELECT token_hash, qps_limit, status FROM keys"))
        out[{"auth:token", *row[0]}] = {std::stoll(*row[1]), *row[2] == "active"};
    for (const SqlRow& row : sql.query("SELECT name, description, status FROM namespaces"))
        out[{"config:namespaces", *row[0]}] = {std::stoll(*row[1]), *row[2] == "active"};
    return out;
}

State Arena::in_redis() const {
    RedisReader reader(redis.port());
    State out;
    for (const char* resource : {"meta:features", "config:namespaces"}) {
        for (const auto& [name, value] : reader.hash(resource))
            out[{resource, name}] = shown_in(resource, value);
    }
    for (const std::string& key : reader.keys("auth:token:*")) {
        const nlohmann::json content(reader.hash(key));
        out[{"auth:token", key.substr(std::string("auth:token:").size())}] =
            shown_in("auth:token", content.dump());
    }
    return out;
}

bool Arena::converged() const {
    try {
        return SqlReader(dsn_).value(
                   "SELECT count(*) FROM sync_entities WHERE state <> 'applied'") == "0" &&
               RedisReader(redis.port()).field("meta:sync", "epoch").has_value() &&
               in_database() == in_redis();
    } catch (const std::exception&) {
        return false;  // one of them is unavailable
    }
}

}  // namespace ezapi::tests
