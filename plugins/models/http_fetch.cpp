#include "http_fetch.hpp"

#include <algorithm>

#include "ezapi/error.hpp"
#include "outgoing/exchange.hpp"

namespace ezapi::models {

namespace {

using Clock = std::chrono::steady_clock;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

outgoing::Request request_for(const std::string& url, const Validators& known) {
    outgoing::Request out{.url = url,
                          .headers = {{"Accept", "application/json"}},
                          .wants_body = [](int status) { return status == 200; }};
    if (!known.etag.empty()) out.headers["If-None-Match"] = known.etag;
    if (!known.last_modified.empty()) out.headers["If-Modified-Since"] = known.last_modified;
    return out;
}

Fetched fetched(outgoing::Answer&& answer, const Validators& known) {
    const bool not_modified = answer.status == 304;
    if (answer.status != 200 && !(not_modified && !(known.etag + known.last_modified).empty()))
        throw Error(EZ_UNAVAILABLE, "the upstream answered " + std::to_string(answer.status));
    return {not_modified,
            std::move(answer.body),
            answer.header("etag"),
            answer.header("last-modified")};
}

std::string redirected(const std::string& url, const outgoing::Answer& answer) {
    const std::string location = answer.header("location");
    if (location.empty()) throw Error(EZ_UNAVAILABLE, "a redirect to nowhere");
    const Url from = Url::parse(url);
    const Url target = from.resolved(location);
    if (from.scheme == "https" && target.scheme != "https")
        throw Error(EZ_UNAVAILABLE, "a redirect from https to http");
    return target.text();
}

Fetched follow(std::string url,
               const Validators& known,
               const outgoing::Reach& reach,
               const FetchLimits& limits,
               const std::function<bool()>& cancelled) {
    const Clock::time_point deadline = Clock::now() + limits.total;
    for (int redirects = 0;; ++redirects) {
        const auto left =
            std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()),
                     std::chrono::milliseconds(0));
        outgoing::Answer answer =
            outgoing::exchange(request_for(url, known),
                               reach,
                               {limits.connect, limits.silence, left, limits.max_bytes},
                               cancelled);
        if (!is_redirect(answer.status)) return fetched(std::move(answer), known);
        if (redirects == limits.redirects)
            throw Error(EZ_UNAVAILABLE,
                        "more than " + std::to_string(limits.redirects) + " redirects");
        url = redirected(url, answer);
    }
}

}  // namespace

Fetched fetch(const std::string& url,
              const Validators& known,
              const outgoing::Reach& reach,
              const FetchLimits& limits,
              const std::function<bool()>& cancelled) {
    try {
        return follow(url, known, reach, limits, cancelled);
    } catch (const Error& error) {
        throw Error(error.status(), "GET " + outgoing::shown_url(url) + ": " + error.what())
            .with_code("upstream");
    }
}

}  // namespace ezapi::models
