#include "tests/fault/writer.hpp"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "tests/dataplane/resolver.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;

constexpr size_t kLiveKeys = 6;
constexpr std::chrono::seconds kPatience{3};
constexpr std::chrono::milliseconds kPauseAfterFailure{20};
constexpr const char* kFlags = "/admin/features/";
constexpr const char* kNamespaces = "/admin/namespaces";

bool is_flag(const KeyName& key) {
    return key.resource == "meta:features";
}

}  // namespace

Writer::Writer(WriterOptions options, History& history)
    : options_(std::move(options)), history_(history), random_(options_.seed) {
    thread_ = std::thread([this] { run(); });
}

Writer::~Writer() {
    stop();
}

void Writer::stop() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
}

void Writer::run() {
    while (!ending_) {
        try {
            work();
        } catch (const std::exception& error) {
            history_.violation(options_.name + ": " + error.what());
            return;
        }
    }
}

void Writer::work() {
    std::erase_if(keys_, [](const Key& key) { return key.given_up; });
    if (keys_.size() < kLiveKeys) {
        make();
        return;
    }
    Key& key = keys_[below(kLiveKeys)];
    if (!key.etag.empty() && below(8) == 0) {
        remove(key);
    } else {
        is_flag(key.name) ? write_flag(key) : amend(key);
    }
}

void Writer::make() {
    switch (below(3)) {
        case 0:
            make_flag();
            break;
        case 1:
            make_token();
            break;
        default:
            make_namespace();
    }
}

void Writer::make_flag() {
    Key key;
    const std::string id = options_.name + "-f" + std::to_string(++made_);
    key.name = {"meta:features", id};
    key.path = kFlags + id;
    keys_.push_back(std::move(key));
    write_flag(keys_.back());
}

/// Creates the flag if it does not exist, otherwise replaces it.
void Writer::write_flag(Key& key) {
    const Operation operation{.number = ++key.number};
    const Headers headers =
        key.etag.empty() ? Headers{{"If-None-Match", "*"}} : Headers{{"If-Match", key.etag}};
    const json body{{"value", {{"number", operation.number}}}};
    settle(key, operation, send("PUT", key.path, body.dump(), headers));
}

/// A token whose creation has an unknown outcome is abandoned: its value is unknown as well.
void Writer::make_token() {
    const std::string keys = "/admin/masters/" + std::to_string(options_.master) + "/keys";
    const json body{{"name", options_.name + "-t" + std::to_string(++made_)}, {"qps_limit", 1}};
    const auto answer = send("POST", keys, body.dump(), {});
    if (!answer || answer->status != 201) return;
    const json made = answer->json();
    Key key;
    key.name = {"auth:token", sha256_hex(made.at("token").get<std::string>())};
    key.path = keys + "/" + std::to_string(made.at("id").get<std::int64_t>());
    key.number = 1;
    options_.on_token(key.name.id);
    keys_.push_back(std::move(key));
    settle(keys_.back(), {.number = 1}, answer);
}

/// Likewise a namespace with an unknown outcome, whose name is not used again.
void Writer::make_namespace() {
    const std::string name = options_.name + "-n" + std::to_string(++made_);
    const json body{{"name", name}, {"description", "1"}};
    const auto answer = send("POST", kNamespaces, body.dump(), {});
    if (!answer || answer->status != 201) return;
    Key key;
    key.name = {"config:namespaces", name};
    key.path = std::string(kNamespaces) + "/" +
               std::to_string(answer->json().at("id").get<std::int64_t>());
    key.number = 1;
    keys_.push_back(std::move(key));
    settle(keys_.back(), {.number = 1}, answer);
}

/// Updates a token or a namespace.
void Writer::amend(Key& key) {
    const Operation operation{.number = ++key.number, .active = below(3) != 0};
    json body{{"status", operation.active ? "active" : "suspended"}};
    if (key.name.resource == "auth:token") {
        body["qps_limit"] = operation.number;
    } else {
        body["description"] = std::to_string(operation.number);
    }
    settle(key, operation, send("PATCH", key.path, body.dump(), {{"If-Match", key.etag}}));
}

void Writer::remove(Key& key) {
    const Operation operation{.number = ++key.number, .present = false, .active = false};
    settle(key, operation, send("DELETE", key.path, {}, {{"If-Match", key.etag}}));
}

void Writer::settle(Key& key, Operation operation, const std::optional<HttpAnswer>& answer) {
    operation.acknowledged = answer && answer->status < 300;
    key.given_up = !operation.acknowledged || (!is_flag(key.name) && !operation.present);
    if (operation.acknowledged) {
        const std::string revision = answer->header("x-change-revision");
        operation.revision = revision.empty() ? 0 : std::stoll(revision);
        if (answer->header("x-change-state") == "applied")
            operation.applied = std::chrono::steady_clock::now();
        key.etag = operation.present ? answer->header("etag") : "";
        ++acknowledged_;
    } else {
        ++unknown_;
        std::this_thread::sleep_for(kPauseAfterFailure);
        // No other writer uses this key, so what was acknowledged must exist.
        if (answer && answer->status >= 400 && answer->status < 500 && answer->status != 429)
            history_.violation(key.name.id + ": operation " + std::to_string(operation.number) +
                               " answered " + std::to_string(answer->status) + " " + answer->body);
    }
    history_.add(key.name, operation);
}

std::optional<HttpAnswer> Writer::send(const std::string& method,
                                       const std::string& path,
                                       const std::string& body,
                                       const Headers& headers) {
    const uint16_t port = options_.ports[below(static_cast<std::uint32_t>(options_.ports.size()))];
    const std::string query = below(4) == 0 ? "?wait=applied&timeout=1" : "";
    try {
        HttpClient client(port, kAdminToken, kPatience);
        return client.send(method, path + query, body, headers);
    } catch (const std::exception&) {
        return std::nullopt;  // unknown outcome
    }
}

std::uint32_t Writer::below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(random_() % limit);
}

}  // namespace ezapi::tests
