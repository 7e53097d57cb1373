#include "host/http/served/served_file.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace ezapi::host::http {
namespace {

std::string unpacked(const std::string& packed, size_t size) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string out(size + 1, '\0');
    std::string input = packed;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

std::string header(const Reply& reply, std::string_view name) {
    for (const auto& [known, value] : reply.headers) {
        if (equal_ignoring_case(known, name)) return value;
    }
    return {};
}

TEST(ServedFile, IsCompressedForClientsThatTakeGzip) {
    const std::string text(10'000, 'x');
    const ServedFile file(text, "text/plain");
    for (const char* taken :
         {"gzip", "GZIP", "br, gzip", "gzip;q=0.5", "x-gzip", "*", "br;q=1, *"}) {
        const Reply reply = file.answer({std::nullopt, taken});
        EXPECT_EQ(header(reply, "Content-Encoding"), "gzip") << taken;
        EXPECT_LT(reply.body.size(), 200U);
        EXPECT_EQ(unpacked(reply.body, text.size()), text);
    }
    for (const char* refused :
         {"", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *", "identity", "gzipped"}) {
        const Reply reply = file.answer({std::nullopt, refused});
        EXPECT_EQ(header(reply, "Content-Encoding"), "") << refused;
        EXPECT_EQ(reply.body, text) << refused;
        EXPECT_EQ(header(reply, "Vary"), "Accept-Encoding");
    }
    EXPECT_EQ(file.answer({}).body, text);
}

TEST(ServedFile, IsNotSentAgainToAClientThatHasIt) {
    const ServedFile file("text", "text/plain");
    const std::string plain = header(file.answer({}), "ETag");
    const std::string packed = header(file.answer({std::nullopt, "gzip"}), "ETag");
    EXPECT_NE(plain, packed) << "two representations";
    for (const std::string& tag :
         {plain, packed, "W/" + plain, "\"x\", " + plain, std::string("*")}) {
        for (const char* encoding : {"", "gzip"}) {
            const Reply reply = file.answer({tag, encoding});
            EXPECT_EQ(reply.status, 304) << tag;
            EXPECT_EQ(reply.body, "");
            EXPECT_NE(header(reply, "ETag"), "");
        }
    }
    for (const char* tag : {"\"x\"", "x", ""}) EXPECT_EQ(file.answer({tag, {}}).status, 200) << tag;
    EXPECT_NE(header(ServedFile("other", "text/plain").answer({}), "ETag"), plain);
}

}  // namespace
}  // namespace ezapi::host::http
