#include "ingest/gunzip.hpp"

#include <zlib.h>

#include <array>

#include "ezapi/error.hpp"

namespace ezapi::logs {
namespace {

constexpr int kGzipOnly = 15 + 16;  // the largest window; requires a gzip header

[[noreturn]] void broken(const char* why) {
    throw Error(EZ_INVALID, std::string("Content-Encoding gzip: ") + why)
        .with_code("malformed_gzip");
}

class Inflater {
public:
    explicit Inflater(std::string_view packed) {
        stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
        stream_.avail_in = static_cast<uInt>(packed.size());
        if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw Error(EZ_UNAVAILABLE, "out of memory");
    }

    ~Inflater() { inflateEnd(&stream_); }

    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    /// Returns the next piece, valid until the next call; sets `ended` after the last member.
    std::string_view next(bool& ended) {
        stream_.next_out = piece_.data();
        stream_.avail_out = static_cast<uInt>(piece_.size());
        const int result = inflate(&stream_, Z_NO_FLUSH);
        if (result == Z_STREAM_END) {
            ended = stream_.avail_in == 0;
            if (!ended && inflateReset(&stream_) != Z_OK) broken("the data is damaged");
        } else if (result == Z_BUF_ERROR && stream_.avail_in == 0) {
            broken("the data ends early");
        } else if (result != Z_OK) {
            broken("the data is damaged");
        }
        return {reinterpret_cast<const char*>(piece_.data()), piece_.size() - stream_.avail_out};
    }

private:
    std::array<Bytef, 65536> piece_{};
    z_stream stream_{};
};

}  // namespace

std::string gunzip(std::string_view packed, size_t most) {
    if (packed.empty()) broken("the body is empty");
    Inflater inflater(packed);
    std::string out;
    for (bool ended = false; !ended;) {
        out += inflater.next(ended);
        if (out.size() > most) {
            throw Error(EZ_INVALID,
                        "the body inflates to more than " + std::to_string(most) + " bytes")
                .with_http(413)
                .with_code("too_large");
        }
    }
    return out;
}

}  // namespace ezapi::logs
