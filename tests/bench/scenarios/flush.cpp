// Usage counters of 1,000 tokens per body. The other product adds them with one UPDATE ... FROM
// unnest; it does not detect repetitions and does not update Redis.
#include <string>

#include "tests/bench/scenarios/scenarios.hpp"
#include "tests/bench/scenarios/tenants.hpp"

namespace ezapi::bench {
namespace {

constexpr size_t kTokens = 10000;
constexpr size_t kItems = 1000;

std::vector<std::string> token_hashes(Stack& stack) {
    tests::SqlReader reader(stack.dsn());
    std::vector<std::string> hashes;
    for (const auto& row : reader.query("SELECT token_hash FROM keys ORDER BY id")) {
        hashes.push_back(*row.front());
    }
    return hashes;
}

class Flush {
public:
    explicit Flush(Run& run) : bodies_(run.sized(400)) {
        insert_tokens(stack_, kTokens);
        hashes_ = token_hashes(stack_);
    }

    /// Items per second.
    double ours() {
        return rate(stack_.internal(), [&](size_t n) {
            return R"({"node":"bench","epoch":1,"sequence":)" + std::to_string(++sequence_) +
                   R"(,"items":[)" +
                   items(
                       n,
                       R"({"token_hash":")",
                       R"(","requests":3,"tokens_in":40,"tokens_out":2,"last_used_at":"2026-01-02T03:04:05Z"})") +
                   "]}";
        });
    }

    double peer(const Target& target) {
        return rate(target, [&](size_t n) {
            return R"({"items":[)" +
                   items(n,
                         R"({"key_hash":")",
                         R"(","requests":3,"tokens":42,"last_used_at":1767323045000})") +
                   "]}";
        });
    }

private:
    [[nodiscard]] std::string items(size_t body,
                                    const std::string& before,
                                    const std::string& behind) const {
        std::string text;
        for (size_t i = 0; i < kItems; ++i) {
            if (i > 0) text += ',';
            text += before + hashes_[(body * kItems + i) % kTokens] + behind;
        }
        return text;
    }

    [[nodiscard]] double rate(const Target& target, std::function<std::string(size_t)> body) const {
        return run_load(target,
                        {.path = "/internal/stats/flush",
                         .connections = 4,
                         .requests = bodies_,
                         .body = std::move(body)})
            .per_second(bodies_ * kItems);
    }

    size_t bodies_;
    Stack stack_;
    std::vector<std::string> hashes_;
    std::uint64_t sequence_ = 0;
};

}  // namespace

void measure_flush(Run& run) {
    const auto peer = run.peer("unnest");
    if (!peer) return;  // nothing to compare with
    Flush flush(run);
    run.add(fold(
        {.name = "logs-flush", .unit = "items/s", .reference_name = "peer, unnest", .target = 1.0},
        alternate(
            run.rounds(), [&] { return flush.ours(); }, [&] { return flush.peer(*peer); })));
}

}  // namespace ezapi::bench
