// Bytes of an HTTP connection: framing, heads, request targets.
#include "host/http/wire/framer.hpp"
#include "host/http/wire/target.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ezapi::host::http {
namespace {

using fuzz::require;

constexpr Limits kLimits{.head_bytes = 512, .fields = 8, .target_bytes = 256, .body_bytes = 1024};

/// The framer's result for the bytes, fed in pieces of `size`. Whether it sends 100 Continue, and
/// which of several faults of a head it reports, depends on the pieces, so both are left out.
std::string reading(std::string_view input, size_t size) {
    Framer framer(kLimits);
    std::string out;
    for (size_t at = 0; at <= input.size(); at += size) {
        framer.feed(input.substr(at, size));
        for (;;) {
            const Framer::Step step = framer.advance();
            require(framer.buffered() <= input.size(), "holds no more than came");
            if (step == Framer::Step::kNeedMore) break;
            if (step == Framer::Step::kFault) return out + "fault";
            if (step == Framer::Step::kHead)
                out += framer.head().method + " " + framer.head().target + "\n";
            if (step != Framer::Step::kRequest) continue;
            const Request request = framer.take();
            require(request.body.size() <= kLimits.body_bytes, "a body is within its limit");
            out += std::to_string(request.body.size()) + " " + request.body + "\n";
        }
    }
    return out;
}

}  // namespace

EZ_FUZZ(framing) {
    const std::string whole = reading(input, input.size() + 1);
    for (const size_t size : {1U, 2U, 7U})
        require(reading(input, size) == whole, "one reading, however the bytes are cut");
}

EZ_FUZZ(head) {
    const auto parsed = parse_head(input, kLimits);
    const Head* head = std::get_if<Head>(&parsed);
    if (head == nullptr) return;
    require(head->target.size() <= kLimits.target_bytes, "a target is within its limit");
    require(head->fields.size() <= kLimits.fields, "fields are within their limit");
    require(!(head->chunked && head->content_length > 0), "a body is delimited in one way");
    if (head->target == "*") return;
    require(!vet_target(head->target, kLimits.target_bytes), "a target was vetted");
    for (const std::string& segment : segments_of(head->path()))
        require(segment != "." && segment != "..", "no segment leads elsewhere");
    (void)query_of(head->query());
}

}  // namespace ezapi::host::http
