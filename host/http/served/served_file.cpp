#include "host/http/served/served_file.hpp"

#include <zlib.h>

#include <algorithm>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "ezapi/resource/versions.hpp"
#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window, with a gzip header
constexpr int kGzipMemory = 8;
constexpr size_t kHashBytes = 16;

bool knows(std::string_view if_none_match, std::string_view hash) {
    const auto tags = ezapi::detail::read_tags(if_none_match);
    if (!tags) return false;
    return tags->any || std::find(tags->tags.begin(), tags->tags.end(), hash) != tags->tags.end();
}

/// The weight in "gzip;q=0.5"; nothing if it is malformed.
std::optional<double> weight_of(std::string_view element) {
    const auto semicolon = element.find(';');
    if (semicolon == std::string_view::npos) return 1;
    const auto parameter = trimmed(element.substr(semicolon + 1));
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return std::nullopt;
    const std::string_view digits = parameter.substr(2);
    const bool is_zero = digits.find_first_not_of("0.") == std::string_view::npos;
    return is_zero ? 0 : 1;
}

}  // namespace

bool takes_gzip(std::string_view accept_encoding) {
    std::optional<double> any;
    for (const std::string_view element : list_of(accept_encoding)) {
        const auto coding = trimmed(element.substr(0, element.find(';')));
        const auto weight = weight_of(element);
        if (!weight) continue;
        if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip"))
            return *weight > 0;
        if (coding == "*") any = weight;
    }
    return any.value_or(0) > 0;
}

std::string gzip(std::string_view content) {
    z_stream stream{};
    if (deflateInit2(&stream,
                     Z_BEST_COMPRESSION,
                     Z_DEFLATED,
                     kGzipWindow,
                     kGzipMemory,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        throw Error(EZ_UNAVAILABLE, "gzip: out of memory");
    std::string out(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (result != Z_STREAM_END) throw Error(EZ_INTERNAL, "gzip: the bound was too small");
    out.shrink_to_fit();
    return out;
}

ServedFile::ServedFile(std::string content, std::string content_type)
    : content_(std::move(content)),
      content_type_(std::move(content_type)),
      hash_(to_hex(std::string_view(sha256(content_)).substr(0, kHashBytes))) {}

Reply ServedFile::answer(const Wanted& wanted) const {
    const bool packed = wanted.accept_encoding && takes_gzip(*wanted.accept_encoding);
    Reply reply;
    reply.set("ETag", "\"" + hash_ + (packed ? "-gzip\"" : "\""));
    reply.set("Vary", "Accept-Encoding");
    reply.set("Cache-Control", "no-cache");
    if (wanted.if_none_match && knows(*wanted.if_none_match, hash_)) {
        reply.status = 304;
        return reply;
    }
    reply.set("Content-Type", content_type_);
    if (packed) reply.set("Content-Encoding", "gzip");
    reply.body = packed ? compressed() : content_;
    return reply;
}

const std::string& ServedFile::compressed() const {
    std::call_once(once_, [this] { compressed_ = gzip(content_); });
    return compressed_;
}

}  // namespace ezapi::host::http
