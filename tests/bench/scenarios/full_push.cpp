// A full push compared with `redis-cli --pipe` of its commands; a comparison without differences
// compared with a full push; and the effect of background comparisons on API requests.

#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "tests/bench/recording.hpp"
#include "tests/bench/scenarios/scenarios.hpp"
#include "tests/bench/scenarios/tenants.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::bench {
namespace {

class Tokens {
public:
    explicit Tokens(size_t count) : count_(count) {
        tests::HttpClient admin = stack_.instance().admin();
        tests::push_all(admin);  // after the push at start
        insert_tokens(stack_, count_);
    }

    ~Tokens() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    Tokens(const Tokens&) = delete;
    Tokens& operator=(const Tokens&) = delete;

    [[nodiscard]] Stack& stack() { return stack_; }

    /// Entities per second.
    double push() { return rate("/admin/sync/full"); }

    /// Entities per second; there must be no differences.
    double compare() {
        const double rate = this->rate("/admin/sync/drift");
        const auto found = stack_.instance().admin().get("/admin/sync/drift").json()["found"];
        if (found != 0) throw std::runtime_error("differs from the database: " + found.dump());
        return rate;
    }

    /// The commands of a full push, sent again by redis-cli.
    double pipe() {
        if (!std::filesystem::exists(file_)) record();
        const std::string port = std::to_string(stack_.redis().port());
        const double seconds = timed({"sh", "-c", "redis-cli -p " + port + " --pipe < " + file_});
        // Wait until the full push is noted in the database; otherwise the server would repeat it.
        tests::HttpClient admin = stack_.instance().admin();
        tests::push_all(admin);
        return static_cast<double>(count_) / seconds;
    }

private:
    double rate(const std::string& path) {
        const LoadResult result = run_load(stack_.admin(), {.path = path, .requests = 1});
        return static_cast<double>(count_) / result.seconds;
    }

    void record() {
        Recording recording(stack_.redis().port(), file_);
        const auto other = stack_.beside({}, recording.port());
        tests::HttpClient admin = other->admin();
        tests::push_all(admin);
        recording.begin();
        if (tests::push_all(admin).status != 200) throw std::runtime_error("no full push");
        recording.end();
    }

    size_t count_;
    Stack stack_{{{"EZ_SYNC_RECONCILE_INTERVAL_SECONDS", "0"}}};
    std::string folder_ = tests::make_folder("ezapi-bench-push-");
    std::string file_ = folder_ + "/commands";
};

enum class Comparisons { none, all_the_time };

/// API requests per second of the server during comparisons.
double api_rate(Run& run, Tokens& tokens, Comparisons comparisons) {
    const bool compares = comparisons == Comparisons::all_the_time;
    const auto server =
        tokens.stack().beside({{"EZ_SYNC_RECONCILE_INTERVAL_SECONDS", compares ? "1" : "0"}});
    tests::HttpClient admin = server->admin();
    tests::push_all(admin);
    const size_t requests = run.sized(40000);
    const auto since = admin.get("/admin/sync/drift").json()["checked_at"];
    const double rate = run_load({.port = server->port(), .bearer = tests::kAdminToken},
                                 {.method = "GET",
                                  .path = "/admin/masters?limit=50",
                                  .connections = 16,
                                  .requests = requests})
                            .per_second(requests);
    // A comparison that yields ends after the load: make sure that it was running meanwhile.
    const auto ended = [&] { return admin.get("/admin/sync/drift").json()["checked_at"] != since; };
    if (compares && !tests::eventually(std::chrono::seconds(60), ended))
        throw std::runtime_error("there was no comparison");
    return rate;
}

}  // namespace

void measure_full_push(Run& run) {
    Tokens tokens(run.sized(1000000));
    const size_t rounds = run.quick() ? 2 : 3;
    run.add(fold({.name = "sync-full-push",
                  .unit = "tokens/s",
                  .reference_name = "redis-cli --pipe",
                  .target = 0.6},
                 alternate(
                     rounds, [&] { return tokens.push(); }, [&] { return tokens.pipe(); })));
    run.add(against_limit(
        "sync-full-push memory", "MiB", {tokens.stack().peak_mib()}, 256, Better::less));
    run.add(fold({.name = "sync-comparison",
                  .unit = "tokens/s",
                  .reference_name = "full push",
                  .target = 1.0},
                 alternate(
                     rounds, [&] { return tokens.compare(); }, [&] { return tokens.push(); })));
}

void measure_comparison_cost(Run& run) {
    Tokens tokens(200000);
    run.add(fold({.name = "sync-comparison beside the API",
                  .unit = "requests/s",
                  .reference_name = "no comparison",
                  .target = 0.9},
                 alternate(
                     run.rounds(),
                     [&] { return api_rate(run, tokens, Comparisons::all_the_time); },
                     [&] { return api_rate(run, tokens, Comparisons::none); })));
}

}  // namespace ezapi::bench
