// A plugin to copy: greetings in several languages, stored in its own table with CRUD routes; a
// public route that greets; a job that reports; two settings.
#include <atomic>
#include <chrono>
#include <ezapi/plugin.hpp>
#include <ezapi/resource.hpp>
#include <string>

namespace {

using namespace ezapi;

constexpr const char* kSettings = R"json({"type": "object", "properties": {
    "greeting": {"type": "string", "minLength": 1, "maxLength": 64, "default": "Hello",
                 "description": "The greeting of languages that have none in the table"},
    "report_seconds": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 60,
                       "description": "Time between two reports in the log"}
}})json";

/// migrations/0001_greetings.sql creates the table, with a column for each field, and id, version,
/// created_at and updated_at.
ResourceSpec greeting_spec() {
    return {
        .name = "greetings",
        .table = "hello_greetings",
        .schema = "Greeting",
        .fields = fields(
            text("language")
                .required()
                .length(2, 35)
                .lower_case()
                .filterable()
                .sortable()
                .about("Tag of the language, such as `de` or `pt-br`"),
            text("text").required().length(1, 64).searchable().about("What an answer begins with"),
            boolean("enabled").default_to(true).filterable().about("Whether it is used")),
        .uniques = {{"hello_greetings_language_key", {"language"}}}};
}

class Hello {
public:
    explicit Hello(Host& host) : db_(host.db()), log_(host.log()), greetings_(greeting_spec()) {
        const Json settings = host.settings();
        greeting_ = settings.at("greeting");
        serve(host, greetings_, {.path = "/admin/greetings", .tag = "hello"});
        host.get("/hello/{name}",
                 Access::anyone,
                 Operation("Greets somebody")
                     .tag("hello")
                     .path("name", text_schema(), "Who is greeted")
                     .query("language", text_schema(), "Tag of the language; usually `en`")
                     .returns(200, object_schema({{"text", text_schema()}})),
                 [this](const Request& request) { return greet(request); });
        host.every("report",
                   std::chrono::seconds(settings.at("report_seconds").get<std::int64_t>()),
                   Scope::instance,
                   [this](const Run&) { report(); });
    }

private:
    Response greet(const Request& request) {
        const std::string_view language =
            query_text("language", request.query("language").value_or("en"));
        const Rows rows =
            db_.query("SELECT text FROM hello_greetings WHERE language = $1 AND enabled",
                      {lower_case(language)});
        const std::string greeting = rows.empty() ? greeting_ : std::string(rows.text(0, 0));
        ++greeted_;
        return Response::json({{"text", greeting + ", " + std::string(request.param("name"))}});
    }

    void report() { log_.info("greeted " + std::to_string(greeted_.exchange(0)) + " times"); }

    Db db_;
    Log log_;
    Resource greetings_;
    std::string greeting_;
    std::atomic<std::int64_t> greeted_{0};  // handlers and jobs run on different threads
};

}  // namespace

EZ_PLUGIN(Hello, .name = "hello", .version = "1.0.0", .settings = kSettings);
