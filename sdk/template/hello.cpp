// The smallest plugin: a greeting over HTTP, a job that reports, two settings. Copy the folder,
// give it your name, and replace what it does.
#include <atomic>
#include <chrono>
#include <ezapi/plugin.hpp>
#include <string>

namespace {

using namespace ezapi;

constexpr const char* kSettings = R"json({"type": "object", "properties": {
    "greeting": {"type": "string", "minLength": 1, "maxLength": 64, "default": "Hello",
                 "description": "What every answer begins with"},
    "report_seconds": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 60,
                       "description": "Time between two reports in the log"}
}})json";

class Hello {
public:
    explicit Hello(Host& host) : log_(host.log()) {
        const Json settings = host.settings();
        greeting_ = settings.at("greeting");
        host.get("/hello/{name}",
                 Access::anyone,
                 Operation("Greets somebody")
                     .tag("hello")
                     .path("name", text_schema(), "Who is greeted")
                     .returns(200, object_schema({{"text", text_schema()}})),
                 [this](const Request& request) { return greet(request); });
        host.every("report",
                   std::chrono::seconds(settings.at("report_seconds").get<std::int64_t>()),
                   Scope::instance,
                   [this](const Run&) { report(); });
    }

private:
    Response greet(const Request& request) {
        ++greeted_;
        return Response::json({{"text", greeting_ + ", " + std::string(request.param("name"))}});
    }

    void report() { log_.info("greeted " + std::to_string(greeted_.exchange(0)) + " times"); }

    Log log_;
    std::string greeting_;
    std::atomic<std::int64_t> greeted_{0};  // handlers and jobs run on different threads
};

}  // namespace

EZ_PLUGIN(Hello, .name = "hello", .version = "1.0.0", .settings = kSettings);
