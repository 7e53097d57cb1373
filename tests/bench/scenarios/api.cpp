// The routes that a gateway calls most, compared with the other product. Both look up the master in
// the database for each request; ours also writes the audit row, the outbox and, before the answer,
// Redis.
#include <stdexcept>
#include <string>

#include "tests/bench/scenarios/scenarios.hpp"
#include "tests/bench/stack.hpp"

namespace ezapi::bench {
namespace {

class Api {
public:
    explicit Api(Run& run) : run_(run) {
        const auto answer = stack_.instance().admin().post("/admin/masters", {{"name", "bench"}});
        if (answer.status != 201) throw std::runtime_error("master: " + answer.body);
        key_ = answer.json()["master_key"];
        for (int i = 0; i < 999; ++i) {
            stack_.instance().admin().post("/admin/masters", {{"name", "m" + std::to_string(i)}});
        }
    }

    void compare(const std::string& name, LoadOptions options, const Target& peer) {
        const auto rate = [&](const Target& target) {
            return run_load(target, options).per_second(options.requests);
        };
        Target ours = stack_.target(key_);
        Target theirs = peer;
        theirs.bearer = "mk-bench-master-key-0001";
        if (options.path.starts_with("/admin")) {
            ours = stack_.admin();
            theirs.bearer = "bench-admin";
        }
        run_.add(
            fold({.name = name, .unit = "requests/s", .reference_name = "peer", .target = 1.0},
                 alternate(
                     run_.rounds(), [&] { return rate(ours); }, [&] { return rate(theirs); })));
    }

private:
    Run& run_;
    Stack stack_;
    std::string key_;
};

}  // namespace

void measure_api(Run& run) {
    const auto peer = run.peer("insert");
    if (!peer) return;  // nothing to compare with
    Api api(run);
    size_t number = 0;
    api.compare(
        "api GET /v1/self",
        {.method = "GET", .path = "/v1/self", .connections = 64, .requests = run.sized(50000)},
        *peer);
    api.compare("api GET /admin/masters",
                {.method = "GET",
                 .path = "/admin/masters?limit=50",
                 .connections = 16,
                 .requests = run.sized(10000)},
                *peer);
    api.compare(
        "api POST /v1/tokens",
        {.path = "/v1/tokens",
         .connections = 16,
         .requests = run.sized(10000),
         .body = [&](size_t) { return R"({"name":"t)" + std::to_string(++number) + R"("})"; }},
        *peer);
}

}  // namespace ezapi::bench
