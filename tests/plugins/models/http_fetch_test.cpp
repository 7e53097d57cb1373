#include "http_fetch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "ezapi/error.hpp"
#include "outgoing/exchange.hpp"
#include "tests/support/upstream.hpp"

namespace ezapi::models {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using ::testing::HasSubstr;
using tests::Upstream;

const std::function<bool()> kNever = [] { return false; };
const outgoing::Reach kLoopback("127.0.0.1/32");

FetchLimits limits() {
    return {
        .connect = 1000ms, .silence = 1000ms, .total = 5000ms, .max_bytes = 100000, .redirects = 2};
}

Error fault_of(const std::string& url,
               const FetchLimits& limits,
               const std::function<bool()>& cancelled = kNever) {
    try {
        (void)fetch(url, {}, kLoopback, limits, cancelled);
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "expected a fault";
    return Error(EZ_OK, "");
}

TEST(HttpFetch, BringsADocumentWithItsValidators) {
    Upstream upstream;
    upstream.serve("{\"p\": 1}", "\"one\"");
    const Fetched got = fetch(upstream.url(), {}, kLoopback, limits(), kNever);
    EXPECT_EQ(got.body, "{\"p\": 1}");
    EXPECT_EQ(got.etag, "\"one\"");
    EXPECT_FALSE(got.not_modified);
    const Fetched again = fetch(
        upstream.url(), {.etag = got.etag, .last_modified = "then"}, kLoopback, limits(), kNever);
    EXPECT_TRUE(again.not_modified);
    EXPECT_EQ(upstream.asked().back().at("If-None-Match"), "\"one\"");
    EXPECT_EQ(upstream.asked().back().at("If-Modified-Since"), "then");
}

TEST(HttpFetch, RefusesAnUnaskedFor304) {
    Upstream upstream;
    upstream.fail(Upstream::Response::HTTP_NOT_MODIFIED);
    EXPECT_THAT(fault_of(upstream.url(), limits()).what(), HasSubstr("304"));
}

TEST(HttpFetch, NamesTheStatusOfARefusal) {
    Upstream upstream;
    upstream.fail(Upstream::Response::HTTP_INTERNAL_SERVER_ERROR);
    const Error error = fault_of(upstream.url(), limits());
    EXPECT_THAT(error.what(), HasSubstr("answered 500"));
    EXPECT_EQ(error.status(), EZ_UNAVAILABLE);
}

TEST(HttpFetch, FollowsRedirectsAndNotForEver) {
    Upstream upstream;
    upstream.answer([](auto& request, auto& response) {
        if (request.getURI() == "/there") {
            response.send() << "document";
            return;
        }
        response.redirect(request.getURI() == "/loop" ? "/loop" : "/there");
    });
    EXPECT_EQ(fetch(upstream.url("/here"), {}, kLoopback, limits(), kNever).body, "document");
    EXPECT_THAT(fault_of(upstream.url("/loop"), limits()).what(), HasSubstr("redirects"));
    upstream.answer([](auto&, auto& response) { response.redirect("file:///etc/passwd"); });
    EXPECT_THAT(fault_of(upstream.url(), limits()).what(), HasSubstr("https://"));
}

TEST(HttpFetch, JudgesTheAddressOfEveryHop) {
    const outgoing::Reach nothing("");
    Upstream inner;  // a target for an attacker
    inner.serve("secret", "\"one\"");
    const auto refused = [&](const std::string& url, const outgoing::Reach& reach) {
        try {
            (void)fetch(url, {}, reach, limits(), kNever);
        } catch (const Error& error) {
            EXPECT_EQ(error.status(), EZ_DENIED) << url << ": " << error.what();
            EXPECT_THAT(error.what(), HasSubstr("not among the networks that are allowed")) << url;
            return;
        }
        ADD_FAILURE() << url << " was fetched";
    };
    refused(inner.url(), nothing);
    refused("http://localhost:" + std::to_string(inner.port()), nothing);  // by name
    refused("http://[::1]:" + std::to_string(inner.port()), nothing);
    refused("http://[::ffff:127.0.0.1]:" + std::to_string(inner.port()), nothing);

    // The first address is allowed, the redirect's target is not.
    Upstream outer;
    for (const std::string& target : {"http://127.0.0.2:" + std::to_string(inner.port()) + "/",
                                      "http://[::1]:" + std::to_string(inner.port()) + "/",
                                      "http://169.254.169.254/latest/meta-data/"s,
                                      "//10.0.0.1/"s}) {
        outer.answer([&](auto&, auto& response) { response.redirect(target); });
        refused(outer.url(), kLoopback);
    }
    EXPECT_TRUE(inner.asked().empty());
}

TEST(HttpFetch, FollowsReferencesAsTheRfcResolvesThem) {
    Upstream upstream;
    upstream.answer([](auto& request, auto& response) {
        const std::string& at = request.getURI();
        if (at == "/a/api.json") return response.redirect("../b%2Fc/x?y=%2F#part");
        response.send() << at;
    });
    EXPECT_EQ(fetch(upstream.url("/a/api.json"), {}, kLoopback, limits(), kNever).body,
              "/b%2Fc/x?y=%2F");
}

TEST(HttpFetch, RefusesARedirectToWhatIsNoAddress) {
    Upstream upstream;
    for (const char* target : {"http://[:::::]/",
                               "http://999.999.999.999/",
                               "http://127.1/",
                               "http://0x7f.0.0.1/",
                               "http://user:secret@127.0.0.1/",
                               "ftp://127.0.0.1/",
                               "http:///x"}) {
        upstream.answer([&](auto&, auto& response) { response.redirect(target); });
        const Error error = fault_of(upstream.url(), limits());
        EXPECT_EQ(error.status(), EZ_INVALID) << target << ": " << error.what();
        EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("secret")));
    }
}

TEST(HttpFetch, RefusesAHeadWithoutAnEnd) {
    Upstream upstream;
    upstream.answer([](auto&, auto& response) {
        for (int i = 0; i < 1000; ++i) response.set("X-" + std::to_string(i), "x");
        response.send() << "document";
    });
    EXPECT_EQ(fault_of(upstream.url(), limits()).status(), EZ_UNAVAILABLE);
}

TEST(HttpFetch, RefusesAnAnswerThatIsTooLarge) {
    Upstream upstream;
    upstream.serve(std::string(100001, 'x'), "\"large\"");
    EXPECT_THAT(fault_of(upstream.url(), limits()).what(), HasSubstr("larger than"));
    upstream.answer([](auto&, auto& response) {  // without announcing it
        response.setChunkedTransferEncoding(true);
        std::ostream& out = response.send();
        for (int i = 0; i < 1000 && out.good(); ++i) out << std::string(10000, 'x');
    });
    EXPECT_THAT(fault_of(upstream.url(), limits()).what(), HasSubstr("larger than"));
}

TEST(HttpFetch, NoticesAnAnswerThatWasCut) {
    Upstream upstream;
    upstream.answer([](auto&, auto& response) {
        response.setContentLength(1000);
        response.send() << "{\"p\":";
    });
    EXPECT_THAT(fault_of(upstream.url(), limits()).what(), HasSubstr("cut after 5 bytes"));
}

TEST(HttpFetch, GivesUpOnASilentUpstream) {
    Upstream upstream;
    std::atomic<bool> done{false};
    upstream.answer([&](auto&, auto&) {
        while (!done) std::this_thread::yield();
    });
    FetchLimits short_limits = limits();
    short_limits.silence = 200ms;
    const Error error = fault_of(upstream.url(), short_limits);
    done = true;
    EXPECT_EQ(error.status(), EZ_TIMEOUT) << error.what();
}

TEST(HttpFetch, GivesUpOnAnUpstreamThatDrips) {
    Upstream upstream;
    std::atomic<bool> done{false};
    FetchLimits short_limits = limits();
    short_limits.total = 300ms;
    upstream.answer([&](auto&, auto& response) {
        response.setChunkedTransferEncoding(true);
        std::ostream& out = response.send();
        for (auto next = std::chrono::steady_clock::now(); !done && out.good(); next += 20ms) {
            std::this_thread::sleep_until(next);  // the rate of the upstream, not a wait for it
            out << "x" << std::flush;
        }
    });
    const auto start = std::chrono::steady_clock::now();
    const Error error = fault_of(upstream.url(), short_limits);
    done = true;
    EXPECT_EQ(error.status(), EZ_TIMEOUT) << error.what();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(HttpFetch, StopsWhenTheCallerDoes) {
    Upstream upstream;
    std::atomic<bool> asked{false};
    std::atomic<bool> done{false};
    upstream.answer([&](auto&, auto&) {
        asked = true;
        while (!done) std::this_thread::yield();
    });
    FetchLimits patient = limits();
    patient.silence = 60000ms;
    patient.total = 60000ms;
    const auto start = std::chrono::steady_clock::now();
    const Error error = fault_of(upstream.url(), patient, [&] { return asked.load(); });
    done = true;
    EXPECT_THAT(error.what(), HasSubstr("given up"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
}

TEST(HttpFetch, SaysWhyThereIsNoConnection) {
    std::string url;
    {
        const Upstream gone;
        url = gone.url();
    }
    EXPECT_EQ(fault_of(url, limits()).status(), EZ_UNAVAILABLE);
    EXPECT_THAT(fault_of("ftp://example.com/x", limits()).what(), HasSubstr("https://"));
    EXPECT_THAT(fault_of("http://user:secret@127.0.0.1/", limits()).what(),
                ::testing::Not(HasSubstr("secret")));
}

TEST(HttpFetch, ShowsAddressesWithoutSecrets) {
    EXPECT_EQ(outgoing::shown_url("https://models.dev/api.json?token=x"),
              "https://models.dev/api.json");
    EXPECT_EQ(outgoing::shown_url("https://u:p@models.dev/api.json"),
              "an address that cannot be read");
    EXPECT_EQ(outgoing::shown_url("http://127.0.0.1:8080/a"), "http://127.0.0.1:8080/a");
}

}  // namespace
}  // namespace ezapi::models
