// Reads Redis as the data plane does, independently of the server under test.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct redisContext;

namespace ezapi::tests {

class RedisReader {
public:
    explicit RedisReader(uint16_t port, const std::string& host = "127.0.0.1");

    [[nodiscard]] std::map<std::string, std::string> hash(const std::string& key);
    [[nodiscard]] std::optional<std::string> field(const std::string& key,
                                                   const std::string& field);
    [[nodiscard]] std::vector<std::string> keys(const std::string& pattern);
    [[nodiscard]] std::int64_t length(const std::string& key);  // of a hash
    /// Any command; its reply as text, elements of an array in `elements`.
    std::optional<std::string> command(const std::vector<std::string>& words,
                                       std::vector<std::string>* elements = nullptr);

private:
    struct Free {
        void operator()(redisContext* context) const;
    };

    std::unique_ptr<redisContext, Free> context_;
};

}  // namespace ezapi::tests
