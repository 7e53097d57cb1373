// Why input is not a valid request. After a fault the start of the next request is unknown, so the
// reply to it is the last one on the connection.
#pragma once

#include <string>

namespace ezapi::host::http {

struct Fault {
    int status = 400;
    const char* code = "bad_request";  // also the reason in ezapi_http_refused_total
    std::string detail;
};

}  // namespace ezapi::host::http
