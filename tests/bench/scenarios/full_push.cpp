// Everything at once: a full push beside `redis-cli --pipe` with the same hashes.

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/bench/scenarios/scenarios.hpp"
#include "tests/bench/scenarios/tenants.hpp"
#include "tests/support/child_process.hpp"

namespace ezapi::bench {
namespace {

void append_word(std::string& out, const std::string& word) {
    out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
}

class Push {
public:
    explicit Push(size_t tokens) : tokens_(tokens) {
        tests::HttpClient admin = stack_.instance().admin();
        tests::push_all(admin);  // so that the one of the start is through
        insert_tokens(stack_, tokens_);
    }

    ~Push() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    Push(const Push&) = delete;
    Push& operator=(const Push&) = delete;

    [[nodiscard]] Stack& stack() { return stack_; }

    /// Entities per second.
    double ours() {
        const LoadResult result =
            run_load(stack_.admin(), {.path = "/admin/sync/full", .requests = 1});
        return static_cast<double>(tokens_) / result.seconds;
    }

    /// The same hashes by redis-cli, into a database of their own.
    double pipe() {
        if (!std::filesystem::exists(file_)) write_commands();
        const std::string port = std::to_string(stack_.redis().port());
        const double seconds =
            timed({"sh", "-c", "redis-cli -p " + port + " -n 1 --pipe < " + file_});
        tests::RedisReader reader(stack_.redis().port());
        reader.command({"SELECT", "1"});
        reader.command({"FLUSHDB"});
        return static_cast<double>(tokens_) / seconds;
    }

private:
    void write_commands() {
        tests::RedisReader reader(stack_.redis().port());
        std::ofstream out(file_, std::ios::binary);
        std::string text;
        for (const std::string& key : reader.keys("auth:token:*")) {
            const auto fields = reader.hash(key);
            text = "*" + std::to_string(2 + 2 * fields.size()) + "\r\n";
            append_word(text, "HSET");
            append_word(text, key);
            for (const auto& [name, value] : fields) {
                append_word(text, name);
                append_word(text, value);
            }
            out << text;
        }
        if (!out.flush()) throw std::runtime_error("cannot write " + file_);
    }

    size_t tokens_;
    Stack stack_;
    std::string folder_ = tests::make_folder("ezapi-bench-push-");
    std::string file_ = folder_ + "/commands";
};

}  // namespace

void measure_full_push(Run& run) {
    Push push(run.sized(1000000));
    const size_t rounds = run.quick() ? 2 : 3;
    run.add(fold({.name = "sync-full-push",
                  .unit = "tokens/s",
                  .reference_name = "redis-cli --pipe",
                  .target = 0.6},
                 alternate(
                     rounds, [&] { return push.ours(); }, [&] { return push.pipe(); })));
    run.add(against_limit(
        "sync-full-push memory", "MiB", {push.stack().peak_mib()}, 256, Better::less));
}

}  // namespace ezapi::bench
