// PostgreSQL's binary COPY format: a header; for each row the number of its columns, and for each
// column its length and bytes in network order; a trailer.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ezapi::logs::pg_binary {

static_assert(std::endian::native == std::endian::little);

/// Microseconds from 1970 to 2000, the epoch of timestamptz.
inline constexpr std::int64_t kEpoch = 946'684'800'000'000;

inline constexpr std::string_view kHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
inline constexpr std::string_view kTrailer{"\377\377", 2};

inline void put16(std::string& out, std::uint16_t value) {
    const std::uint16_t swapped = __builtin_bswap16(value);
    out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}

inline void put32(std::string& out, std::uint32_t value) {
    const std::uint32_t swapped = __builtin_bswap32(value);
    out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}

inline void put64(std::string& out, std::uint64_t value) {
    const std::uint64_t swapped = __builtin_bswap64(value);
    out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}

inline void begin_row(std::string& out, std::uint16_t columns) {
    put16(out, columns);
}

inline void null(std::string& out) {
    put32(out, 0xFFFFFFFFU);
}

inline void int2(std::string& out, std::int16_t value) {
    put32(out, 2);
    put16(out, static_cast<std::uint16_t>(value));
}

inline void int4(std::string& out, std::int32_t value) {
    put32(out, 4);
    put32(out, static_cast<std::uint32_t>(value));
}

inline void int8(std::string& out, std::int64_t value) {
    put32(out, 8);
    put64(out, static_cast<std::uint64_t>(value));
}

inline void boolean(std::string& out, bool value) {
    put32(out, 1);
    out.push_back(value ? '\1' : '\0');
}

/// `unix_us`: microseconds since 1970.
inline void time(std::string& out, std::int64_t unix_us) {
    int8(out, unix_us - kEpoch);
}

/// text (UTF-8 without NUL) or bytea.
inline void bytes(std::string& out, std::string_view value) {
    put32(out, static_cast<std::uint32_t>(value.size()));
    out.append(value);
}

}  // namespace ezapi::logs::pg_binary
