// A client that continuously writes flags, tokens and namespaces through random instances and
// records the answers. Each write names the version that it is based on, so that a delayed write
// cannot take effect after a later one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/fault/history.hpp"
#include "tests/support/http_client.hpp"

namespace ezapi::tests {

struct WriterOptions {
    std::string name;
    std::uint32_t seed = 0;
    std::vector<uint16_t> ports;  // of the instances
    std::int64_t master = 0;      // whose tokens it makes
    std::function<void(const std::string& token_id)> on_token;
};

class Writer {
public:
    Writer(WriterOptions options, History& history);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void stop();

    [[nodiscard]] int acknowledged() const { return acknowledged_; }

    [[nodiscard]] int unknown() const { return unknown_; }

private:
    struct Key {
        KeyName name;
        std::string path;  // of the entity in the API
        std::int64_t number = 0;
        std::string etag;  // empty: the entity does not exist
        bool given_up = false;
    };

    void run();
    void work();
    void write_flag(Key& key);
    void amend(Key& key);
    void remove(Key& key);
    void make();
    void make_flag();
    void make_token();
    void make_namespace();
    void settle(Key& key, Operation operation, const std::optional<HttpAnswer>& answer);
    [[nodiscard]] std::optional<HttpAnswer> send(const std::string& method,
                                                 const std::string& path,
                                                 const std::string& body,
                                                 const Headers& headers);
    [[nodiscard]] std::uint32_t below(std::uint32_t limit);

    WriterOptions options_;
    History& history_;
    std::minstd_rand random_;
    std::vector<Key> keys_;
    int made_ = 0;
    std::atomic<int> acknowledged_{0};
    std::atomic<int> unknown_{0};
    std::atomic<bool> ending_{false};
    std::thread thread_;  // last member: it uses the others
};

}  // namespace ezapi::tests
