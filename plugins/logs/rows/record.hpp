// One request of the data plane, as described by a record. Texts refer to the body.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ezapi::logs {

struct Record {
    std::int64_t created_us = 0;  // since 1970, UTC
    std::int64_t master_id = 0;   // for ids 0 means none
    std::int64_t key_id = 0;
    std::int64_t provider_group_id = 0;
    std::int64_t provider_id = 0;
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;
    std::int64_t cached_tokens = 0;
    std::int64_t cost_nano = 0;  // 1e-9 of the unit of cost
    std::int32_t latency_ms = 0;
    std::optional<std::int32_t> first_token_ms;
    std::int16_t status_code = 200;
    bool stream = false;
    bool timed = false;  // created_us is from the record, not the time of arrival
    std::string_view request_id;
    std::string_view group;
    std::string_view name_space;
    std::string_view model;
    std::string_view upstream_model;
    std::string_view provider_type;
    std::string_view error;
    std::string_view client_ip;
};

}  // namespace ezapi::logs
