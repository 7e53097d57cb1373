#include "workshop.hpp"

#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "host/api/tables.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::sync {
namespace {

host::db::PoolsOptions pools_options(const std::string& dsn) {
    host::db::PoolsOptions options;
    options.main.dsn = dsn;
    options.main.size = 24;
    options.main.wait_limit = std::chrono::seconds(10);
    options.main.statement_timeout = std::chrono::seconds(10);
    options.main.lock_timeout = std::chrono::seconds(10);
    options.logs.dsn = dsn;
    return options;
}

host::redis::Options redis_options(std::uint16_t port) {
    host::redis::Options options;
    options.port = port;
    options.pool_size = 48;
    options.timeout = std::chrono::seconds(5);
    return options;
}

ez_host with_context(ez_host tables, ez_context* context) {
    tables.context = context;
    return tables;
}

double chance() {
    static thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(random);
}

std::string name_of(Layout layout) {
    return "things WHERE resource = '" +
           std::string(layout == Layout::field  ? kField
                       : layout == Layout::hash ? kHash
                                                : kPlain) +
           "'";
}

}  // namespace

std::string value_json(std::string_view value) {
    std::string out = "{\"value\":";
    append_json_string(out, value);
    return out + "}";
}

Workshop::Workshop(const std::string& dsn, std::uint16_t redis_port)
    : pools_(pools_options(dsn), &bus_, &metrics_),
      client_(redis_options(redis_port), &metrics_),
      components_{
          &metrics_, &pools_, &client_, &bus_, nullptr, nullptr, nullptr, "instance-of-the-test"},
      context_{"sync", "{}", &components_},
      abi_(with_context(host::api::host_tables(components_.instance), &context_)),
      host(&abi_),
      db(&abi_),
      redis(&abi_),
      projections(&abi_),
      breaker(&chance),
      metrics(Metrics(&abi_)),
      ledger(db, components_.instance, 3),
      pusher(Renderer(db, projections),
             RedisWriter(redis, scripts, [] { return unix_seconds(now()); }),
             ledger,
             breaker,
             metrics,
             Log(&abi_)),
      outbox(ledger, pusher, breaker, projections, 50),
      full_push({db,
                 redis,
                 projections,
                 scripts,
                 ledger,
                 pusher,
                 StateRow(db),
                 Log(&abi_),
                 components_.instance}),
      watch({db,
             redis,
             projections,
             scripts,
             ledger,
             full_push,
             [this](const auto& stopping) { outbox.drain(stopping); },
             breaker,
             metrics,
             Log(&abi_),
             components_.instance,
             true}),
      reconciliation({db, redis, projections, ledger, pusher, full_push, Log(&abi_)}),
      drift_check({db, reconciliation, watch, metrics, Log(&abi_), components_.instance}) {
    project(kField, Layout::field);
    project(kHash, Layout::hash);
    project(kPlain, Layout::plain_hash);
    bus_.activate("sync");
}

void Workshop::project(const char* resource, Layout layout) {
    Projection rows =
        project_rows(resource,
                     layout,
                     "SELECT key, value FROM " + name_of(layout),
                     "key",
                     [this, layout](const Rows& found, size_t row, ProjectionSink& sink) {
                         on_render(found.text(row, 0));
                         if (layout == Layout::field) {
                             sink.value(found.text(row, 0), value_json(found.text(row, 1)));
                         } else {
                             std::vector<std::pair<std::string, std::string>> fields{
                                 {"value", std::string(found.text(row, 1))}};
                             // More words than Lua hands on to one command.
                             for (int i = 0; found.text(row, 1) == kRefused && i < 5000; ++i)
                                 fields.emplace_back(std::to_string(i), "");
                             sink.hash(found.text(row, 0), fields);
                         }
                     });
    rows.scan = [this, name = std::string(resource), scan = rows.scan](
                    Tx& tx, std::string_view after, size_t limit, ProjectionSink& sink) {
        on_scan(name);
        scan(tx, after, limit, sink);
    };
    host.project(std::move(rows));
}

std::int64_t Workshop::set(std::string_view resource,
                           std::string_view key,
                           std::optional<std::string_view> value) {
    Tx tx = db.begin();
    if (value) {
        tx.query(
            "INSERT INTO things (resource, key, value) VALUES ($1, $2, $3) "
            "ON CONFLICT (resource, key) DO UPDATE SET value = excluded.value",
            {resource, key, *value});
    } else {
        tx.query("DELETE FROM things WHERE resource = $1 AND key = $2", {resource, key});
    }
    const std::int64_t revision = record(tx, {{std::string(resource), std::string(key)}});
    tx.commit();
    return revision;
}

std::int64_t Workshop::set_and_push(const std::string& resource,
                                    const std::string& key,
                                    std::optional<std::string_view> value) {
    const std::int64_t revision = set(resource, key, value);
    pusher.push({{resource, key}});
    return revision;
}

std::map<std::string, std::string> Workshop::in_redis(const std::string& resource) const {
    std::map<std::string, std::string> out;
    if (resource == kField) {
        const Reply all = redis.command({"HGETALL", resource});
        for (size_t i = 0; i + 1 < all.size(); i += 2)
            out.emplace(all[i].text(), Json::parse(all[i + 1].text()).at("value"));
        return out;
    }
    const Reply keys = redis.command({"KEYS", resource + ":*"});
    for (size_t i = 0; i < keys.size(); ++i) {
        const std::string key(keys[i].text());
        if (resource == kPlain && (key.starts_with(std::string(kHash) + ":") || key == kField))
            continue;
        out.emplace(key.substr(resource.size() + 1), redis.command({"HGET", key, "value"}).text());
    }
    return out;
}

std::map<std::string, std::string> Workshop::in_database(const std::string& resource) const {
    const Rows rows = db.query("SELECT key, value FROM things WHERE resource = $1", {resource});
    std::map<std::string, std::string> out;
    for (size_t row = 0; row < rows.size(); ++row)
        out.emplace(rows.text(row, 0), rows.text(row, 1));
    return out;
}

std::string Workshop::state(const Entity& entity) const {
    const Rows rows = db.query("SELECT state FROM sync_entities WHERE resource = $1 AND key = $2",
                               {entity.resource, entity.key});
    return rows.empty() ? "" : std::string(rows.text(0, 0));
}

void Workshop::pretend_filled() const {
    redis.command({"HSET", std::string(kVoidKey), kField, "1"});
    for (const char* resource : {kField, kHash, kPlain}) {
        redis.command({"HSET", std::string(kEpochsKey), resource, "of the test"});
        redis.command({"HSET", std::string(kFillsKey), resource, "of the test"});
    }
}

void Workshop::subscribe(const std::string& channel, std::function<void(std::string)> on_message) {
    redis.subscribe(channel, [on_message = std::move(on_message)](auto, std::string_view payload) {
        on_message(std::string(payload));
    });
    client_.activate("sync");
}

FullPushResult Workshop::push_fully(std::vector<std::string> resources) {
    return full_push.run([&] { return resources; }, [] { return false; });
}

void WorkshopTest::SetUp() {
    for (const std::string& why :
         {tests::PrivatePostgres::missing(), tests::PrivateRedis::missing()}) {
        if (!why.empty()) GTEST_SKIP() << why;
    }
    open(tests::PrivatePostgres::shared());
}

void WorkshopTest::open(tests::PrivatePostgres& postgres) {
    dsn_ = postgres.fresh_database();
    tests::SqlReader sql(dsn_);
    std::set<std::filesystem::path> migrations;
    for (const auto& entry : std::filesystem::directory_iterator(SYNC_MIGRATIONS))
        migrations.insert(entry.path());
    for (const std::filesystem::path& path : migrations) {
        std::stringstream text;
        text << std::ifstream(path).rdbuf();
        sql.query(text.str());
    }
    sql.query(
        "CREATE TABLE things (resource text COLLATE \"C\", key text COLLATE \"C\", value text, "
        "PRIMARY KEY (resource, key))");
    shop_ = std::make_unique<Workshop>(dsn_, server().port());
    shop_->redis.command({"FLUSHALL"});
    shop_->pretend_filled();
}

}  // namespace ezapi::sync
