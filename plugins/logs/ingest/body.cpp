#include "ingest/body.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "ezapi/error.hpp"
#include "ingest/gunzip.hpp"

namespace ezapi::logs {
namespace {

class BodyParser {
public:
    BodyParser(const BodyLimits& limits, std::int64_t now_us) : limits_(limits), reader_(now_us) {}

    void array(std::string_view text) {
        JsonScanner scanner(text);
        if (scanner.at_end()) scanner.malformed("the body is empty");
        if (scanner.kind() == JsonScanner::Kind::word) scanner.malformed("expected an array");
        if (scanner.kind() != JsonScanner::Kind::array) {
            throw Error(EZ_INVALID, "the body must be a JSON array of records")
                .with_http(422)
                .with_code("validation");
        }
        scanner.array([&] { one(scanner); });
        if (!scanner.at_end()) scanner.malformed("something follows the array");
    }

    void lines(std::string_view text) {
        for (size_t start = 0; start < text.size();) {
            const size_t end = std::min(text.find('\n', start), text.size());
            line(text.substr(start, end - start), start);
            start = end + 1;
        }
    }

    [[nodiscard]] ParsedBody take() { return std::move(out_); }

private:
    void one(JsonScanner& scanner) {
        count();
        std::optional<Refusal> refusal = reader_.read(scanner, record_);
        if (refusal)
            refuse(std::move(*refusal));
        else
            add();
        scanner.forget();
        ++index_;
    }

    void line(std::string_view text, size_t start) {
        JsonScanner scanner(text, start);
        if (scanner.at_end()) return;
        count();
        try {
            std::optional<Refusal> refusal = reader_.read(scanner, record_);
            if (!scanner.at_end()) scanner.malformed("something follows the record");
            if (refusal)
                refuse(std::move(*refusal));
            else
                add();
        } catch (const Error& error) {
            if (error.code() != "malformed_json") throw;
            refuse({0, error.code(), error.what()});
        }
        ++index_;
    }

    void add() {
        out_.rows.add(record_, index_);
        if (reader_.repaired()) out_.repairs.add(index_, reader_.repair());
    }

    void count() const {
        if (index_ < limits_.records) return;
        throw Error(EZ_INVALID,
                    "the body has more records than the queue takes at once, which are " +
                        std::to_string(limits_.records) + "; send it in parts")
            .with_http(413)
            .with_code("too_large");
    }

    void refuse(Refusal refusal) {
        refusal.index = index_;
        out_.refused.push_back(std::move(refusal));
    }

    BodyLimits limits_;
    RecordReader reader_;
    Record record_;
    size_t index_ = 0;
    ParsedBody out_;
};

/// The media type in lower case, without parameters.
std::string media_type(std::string_view header) {
    std::string type(header.substr(0, header.find(';')));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
    std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return type;
}

Error unsupported(std::string_view header, std::string_view expected, std::string_view found) {
    return Error(EZ_INVALID,
                 std::string(header) + ": expected " + std::string(expected) + ", found '" +
                     std::string(found.substr(0, 80)) + "'")
        .with_http(415)
        .with_code("unsupported_media_type");
}

}  // namespace

void Repairs::add(size_t index, const Repair& repair) {
    ++records;
    for (size_t i = 0; i < RecordReader::kCount; ++i) by_field[i] += (repair.fields >> i) & 1U;
    by_field.back() += repair.unknown.empty() ? 0 : 1;
    if (listed.size() == kMostListed) return;
    listed.push_back(repair);
    listed.back().index = index;
}

ParsedBody parse_body(std::string_view body,
                      std::optional<std::string_view> content_type,
                      std::optional<std::string_view> content_encoding,
                      const BodyLimits& limits,
                      std::int64_t now_us) {
    const std::string type = media_type(content_type.value_or("application/json"));
    const bool lines = type == "application/x-ndjson" || type == "application/ndjson";
    if (!lines && type != "application/json")
        throw unsupported("Content-Type", "application/json or application/x-ndjson", type);
    const std::string encoding = media_type(content_encoding.value_or("identity"));
    std::string inflated;
    if (encoding == "gzip" || encoding == "x-gzip") {
        inflated = gunzip(body, limits.bytes);
        body = inflated;
    } else if (encoding != "identity") {
        throw unsupported("Content-Encoding", "gzip or none", encoding);
    }
    BodyParser parser(limits, now_us);
    if (lines)
        parser.lines(body);
    else
        parser.array(body);
    return parser.take();
}

}  // namespace ezapi::logs
