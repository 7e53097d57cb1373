// The OpenAPI document as it is served: composed once per set of routes, at the first request.
// Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "host/http/served/served_file.hpp"

namespace ezapi::host::http {

class Server;

class OpenApiDocument {
public:
    explicit OpenApiDocument(std::string version) : version_(std::move(version)) {}

    [[nodiscard]] Reply answer(const Server& server, const Wanted& wanted);

private:
    [[nodiscard]] std::shared_ptr<const ServedFile> current(const Server& server);

    const std::string version_;
    std::mutex mutex_;  // held while composing, so that it is composed once
    uint64_t generation_ = 0;
    std::shared_ptr<const ServedFile> file_;
};

}  // namespace ezapi::host::http
