#include "ingest/delivery.hpp"

#include "ezapi/json.hpp"

namespace ezapi::logs {

Response ingest_answer(int status,
                       size_t accepted,
                       size_t duplicates,
                       const std::vector<Refusal>& refused) {
    std::string body = "{\"accepted\":" + std::to_string(accepted) +
                       ",\"duplicates\":" + std::to_string(duplicates) + ",\"rejected\":[";
    for (const Refusal& refusal : refused) {
        if (body.back() == '}') body.push_back(',');
        body += "{\"index\":" + std::to_string(refusal.index) + ",\"code\":";
        append_json_string(body, refusal.code);
        body += ",\"message\":";
        append_json_string(body, refusal.message);
        body.push_back('}');
    }
    body += "]}";
    return {status, std::move(body), {}};
}

}  // namespace ezapi::logs
