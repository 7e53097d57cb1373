// Why the guard refuses what a client sent. After a fault nothing further on the connection can be
// trusted to start where it seems to start, so the reply to it is the last one there.
#pragma once

#include <string>

namespace ezapi::host::http {

struct Fault {
    int status = 400;
    const char* code = "bad_request";  // also the reason in ezapi_http_refused_total
    std::string detail;
};

}  // namespace ezapi::host::http
