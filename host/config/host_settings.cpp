#include "host/config/host_settings.hpp"

#include <utility>

namespace ezapi::host::config {
namespace {

constexpr double kMaxMilliseconds = 3600000;
constexpr size_t kShortestSecret = 16;

Setting base(
    Type type, std::string key, std::string env, std::string fallback, std::string description) {
    Setting setting;
    setting.name = key;
    setting.key = std::move(key);
    setting.env = std::move(env);
    setting.type = type;
    setting.fallback = std::move(fallback);
    setting.description = std::move(description);
    return setting;
}

Setting integer(std::string key,
                std::string env,
                int64_t fallback,
                double minimum,
                double maximum,
                std::string description) {
    Setting setting = base(Type::kInteger,
                           std::move(key),
                           std::move(env),
                           std::to_string(fallback),
                           std::move(description));
    setting.minimum = minimum;
    setting.maximum = maximum;
    return setting;
}

Setting text(std::string key, std::string env, std::string fallback, std::string description) {
    return base(
        Type::kString, std::move(key), std::move(env), std::move(fallback), std::move(description));
}

Setting dsn(std::string key, std::string env, std::string fallback, std::string description) {
    Setting setting =
        text(std::move(key), std::move(env), std::move(fallback), std::move(description));
    setting.form = Form::kDsn;
    return setting;
}

Setting list(std::string key, std::string env, std::string fallback, std::string description) {
    return base(
        Type::kList, std::move(key), std::move(env), std::move(fallback), std::move(description));
}

Setting choice(std::string key,
               std::string env,
               std::string fallback,
               std::vector<std::string> choices,
               std::string description) {
    Setting setting =
        text(std::move(key), std::move(env), std::move(fallback), std::move(description));
    setting.choices = std::move(choices);
    return setting;
}

Setting secret(std::string key, std::string env, size_t shortest, std::string description) {
    Setting setting = text(std::move(key), std::move(env), "", std::move(description));
    setting.secret = true;
    if (shortest > 0) setting.min_length = shortest;
    return setting;
}

void add_server(Schema& out) {
    out.push_back(
        integer("server.port", "EZ_API_PORT", 8080, 0, 65535, "TCP port; 0 takes a free one"));
    out.push_back(text("server.address", "EZ_API_ADDRESS", "0.0.0.0", "Address to listen on"));
    out.push_back(integer("server.io_threads",
                          "EZ_API_IO_THREADS",
                          0,
                          0,
                          256,
                          "Threads that read requests; 0: one per processor"));
    out.push_back(integer("server.workers",
                          "EZ_API_WORKERS",
                          16,
                          1,
                          1024,
                          "Threads that run handlers, which may wait for the database"));
    out.push_back(integer("server.queue",
                          "EZ_API_QUEUE",
                          1024,
                          1,
                          1000000,
                          "Requests that may wait for a worker; beyond it 503 with Retry-After"));
    out.push_back(integer("server.max_connections",
                          "EZ_API_MAX_CONNECTIONS",
                          10000,
                          1,
                          1000000,
                          "Open connections; more are refused"));
    out.push_back(integer("server.max_connections_per_client",
                          "EZ_API_MAX_CONNECTIONS_PER_CLIENT",
                          0,
                          0,
                          1000000,
                          "Open connections of one address, or of one IPv6 /64 network, except a "
                          "trusted proxy; 0: half of max_connections"));
    out.push_back(integer("server.max_buffered_bytes",
                          "EZ_API_MAX_BUFFERED_BYTES",
                          268435456,
                          1048576,
                          1099511627776,
                          "Memory for requests and replies of all connections; beyond it those "
                          "that hold most are ended. One address has at most half, masters "
                          "together half, requests without a credential an eighth"));
    out.push_back(integer("server.max_body_bytes",
                          "EZ_API_MAX_BODY_BYTES",
                          16777216,
                          1024,
                          1073741824,
                          "Largest request body, whatever a route would take; beyond it 413"));
    out.push_back(integer("server.max_header_bytes",
                          "EZ_API_MAX_HEADER_BYTES",
                          16384,
                          1024,
                          1048576,
                          "Largest request line with all headers; beyond it 431"));
    out.push_back(integer("server.header_timeout_ms",
                          "EZ_API_HEADER_TIMEOUT_MS",
                          10000,
                          100,
                          kMaxMilliseconds,
                          "Time in which the headers of a request must arrive"));
    out.push_back(integer("server.body_timeout_ms",
                          "EZ_API_BODY_TIMEOUT_MS",
                          60000,
                          100,
                          kMaxMilliseconds,
                          "Time in which the body of a request must arrive"));
    out.push_back(integer("server.answer_timeout_ms",
                          "EZ_API_ANSWER_TIMEOUT_MS",
                          300000,
                          1000,
                          kMaxMilliseconds,
                          "Time in which a handler must answer; beyond it 503 and the end of the "
                          "connection"));
    out.push_back(integer("server.send_timeout_ms",
                          "EZ_API_SEND_TIMEOUT_MS",
                          30000,
                          100,
                          kMaxMilliseconds,
                          "Time in which a client must take an answer"));
    out.push_back(integer("server.keepalive_seconds",
                          "EZ_API_KEEPALIVE_SECONDS",
                          75,
                          1,
                          3600,
                          "Time that an idle connection is kept"));
    out.push_back(list("server.trusted_proxies",
                       "EZ_API_TRUSTED_PROXIES",
                       "",
                       "Networks (CIDR) whose X-Forwarded-For names the client"));
    out.push_back(integer("server.drain_seconds",
                          "EZ_API_DRAIN_SECONDS",
                          10,
                          0,
                          600,
                          "At stop: time for the requests in flight"));
    out.push_back(text("server.state_dir",
                       "EZ_STATE_DIR",
                       "./data",
                       "Directory for what the process itself keeps: the generated admin token"));
    out.push_back(text("server.swagger_dir",
                       "EZ_SWAGGER_DIR",
                       "",
                       "Directory of the Swagger UI; empty: beside the installed program"));
    out.push_back(choice("server.openapi_access",
                         "EZ_OPENAPI_ACCESS",
                         "public",
                         {"public", "admin"},
                         "Who may read /swagger/openapi.json"));
}

void add_postgres(Schema& out) {
    out.push_back(dsn("postgres.dsn",
                      "EZ_PG_DSN",
                      "host=localhost port=5432 dbname=ezapi user=ezapi",
                      "Main database: libpq keywords as key=value separated by spaces"));
    out.push_back(dsn("postgres.log_dsn",
                      "EZ_LOG_PG_DSN",
                      "",
                      "Database of the request logs; empty: the main one"));
    out.push_back(integer("postgres.pool_size",
                          "EZ_PG_POOL_SIZE",
                          24,
                          1,
                          1000,
                          "Connections to the main database; more than workers, since a refused "
                          "write asks what stands in its way"));
    out.push_back(integer("postgres.log_pool_size",
                          "EZ_LOG_PG_POOL_SIZE",
                          6,
                          1,
                          1000,
                          "Connections for request logs"));
    out.push_back(integer("postgres.wait_ms",
                          "EZ_PG_WAIT_MS",
                          2000,
                          10,
                          kMaxMilliseconds,
                          "Longest wait for a free connection; beyond it 503"));
    out.push_back(integer("postgres.connect_timeout_ms",
                          "EZ_PG_CONNECT_TIMEOUT_MS",
                          2000,
                          2000,
                          60000,
                          "Longest time to connect; libpq counts whole seconds"));
    out.push_back(integer("postgres.statement_timeout_ms",
                          "EZ_PG_STATEMENT_TIMEOUT_MS",
                          2000,
                          10,
                          kMaxMilliseconds,
                          "Longest run of one statement"));
    out.push_back(integer("postgres.lock_timeout_ms",
                          "EZ_PG_LOCK_TIMEOUT_MS",
                          1000,
                          10,
                          kMaxMilliseconds,
                          "Longest wait for a lock"));
    out.push_back(integer("postgres.start_wait_seconds",
                          "EZ_PG_START_WAIT_SECONDS",
                          30,
                          0,
                          3600,
                          "At start: how long to wait for a database that is away"));
}

void add_redis(Schema& out) {
    out.push_back(text("redis.addr",
                       "EZ_REDIS_ADDR",
                       "localhost:6379",
                       "host:port, [address]:port, or the path of a Unix socket"));
    out.push_back(text(
        "redis.username", "EZ_REDIS_USERNAME", "", "User of Redis' ACL; empty: the default user"));
    out.push_back(secret("redis.password", "EZ_REDIS_PASSWORD", 0, "Password; empty: none"));
    out.push_back(integer("redis.db", "EZ_REDIS_DB", 0, 0, 16383, "Number of the database"));
    out.push_back(
        integer("redis.pool_size", "EZ_REDIS_POOL_SIZE", 8, 1, 1000, "Connections to Redis"));
    out.push_back(integer("redis.connect_timeout_ms",
                          "EZ_REDIS_CONNECT_TIMEOUT_MS",
                          1000,
                          10,
                          60000,
                          "Longest time to connect"));
    out.push_back(integer("redis.timeout_ms",
                          "EZ_REDIS_TIMEOUT_MS",
                          1000,
                          10,
                          60000,
                          "Longest time of one call that names no limit of its own"));
}

void add_access(Schema& out) {
    out.push_back(list("cors.allow_origins",
                       "EZ_CORS_ALLOW_ORIGINS",
                       "*",
                       "Origins that browsers may call from; * is any"));
    out.push_back(
        secret("auth.admin_token",
               "EZ_ADMIN_TOKEN",
               kShortestSecret,
               "Bearer of the admin API; empty: made at first start and kept in server.state_dir"));
    out.push_back(secret("auth.internal_stats_token",
                         "EZ_INTERNAL_STATS_TOKEN",
                         kShortestSecret,
                         "Bearer of /internal routes; empty: they are closed"));
    out.push_back(
        secret("auth.jwt_secret",
               "EZ_JWT_SECRET",
               kShortestSecret,
               "Signs admin sessions; empty: made at first start and kept in server.state_dir"));
}

void add_process(Schema& out) {
    out.push_back(choice("log.level",
                         "EZ_LOG_LEVEL",
                         "info",
                         {"trace", "debug", "info", "warn", "error"},
                         "Lowest level that is written"));
    out.push_back(
        choice("log.format", "EZ_LOG_FORMAT", "text", {"text", "json"}, "Form of a log line"));
    out.push_back(
        integer("jobs.threads", "EZ_JOBS_THREADS", 8, 1, 64, "Threads that run periodic jobs"));
    out.push_back(integer("jobs.lease_seconds",
                          "EZ_JOBS_LEASE_SECONDS",
                          30,
                          3,
                          3600,
                          "Life of the lease under which one of several processes runs a job"));
    out.push_back(text(
        "migrations.directory",
        "EZ_MIGRATIONS_DIR",
        "",
        "Directory of the migrations; empty: ./migrations, else beside the installed program"));
    out.push_back(list("plugins.directories",
                       "EZ_PLUGIN_DIRS",
                       "./plugins,/usr/local/lib/ezapi/plugins",
                       "Where <plugin>.so is looked for, in this order"));
}

Schema make() {
    Schema schema;
    add_server(schema);
    add_postgres(schema);
    add_redis(schema);
    add_access(schema);
    add_process(schema);
    return schema;
}

}  // namespace

const Schema& host_settings() {
    static const Schema schema = make();
    return schema;
}

}  // namespace ezapi::host::config
