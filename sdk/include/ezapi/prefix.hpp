// The growth rule of <ezapi/abi.h>, for the host and for plugins. A struct may come from a side
// that was built with an older or a newer header.
//
//     const ez_route route = taken(given, "route");  // members that `given` lacks are zero
//     give(out, ez_identity{sizeof(ez_identity), EZ_ADMIN, 0, {}});  // as far as `out` reaches
//     for (const ez_change& change : Strided(changes, count)) ids.push_back(change.id);
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/host_services.h"

namespace ezapi {

/// The size of a struct in its first release, the smallest that is accepted. For the structs of
/// abi.h it ends with the member listed here, even after the struct has grown. When a struct of a
/// service grows, its C++ header needs such a line.
template <class Struct>
inline constexpr std::size_t kFirstSize = sizeof(Struct);

#define EZAPI_FIRST_ENDS_WITH(type, member) \
    template <>                             \
    inline constexpr std::size_t kFirstSize<type> = offsetof(type, member) + sizeof(type::member)
EZAPI_FIRST_ENDS_WITH(ez_metric_spec, bucket_count);
EZAPI_FIRST_ENDS_WITH(ez_rows_info, affected);
EZAPI_FIRST_ENDS_WITH(ez_tx_options, lock_timeout_ms);
EZAPI_FIRST_ENDS_WITH(ez_identity, name);
EZAPI_FIRST_ENDS_WITH(ez_route, free_user);
EZAPI_FIRST_ENDS_WITH(ez_reply_view, count);
EZAPI_FIRST_ENDS_WITH(ez_job, free_user);
EZAPI_FIRST_ENDS_WITH(ez_change, after);
EZAPI_FIRST_ENDS_WITH(ez_origin, path);
EZAPI_FIRST_ENDS_WITH(ez_projected, field_count);
EZAPI_FIRST_ENDS_WITH(ez_projection, free_user);
EZAPI_FIRST_ENDS_WITH(ez_projection_info, registration);
EZAPI_FIRST_ENDS_WITH(ez_authenticator_v1, authenticate);
EZAPI_FIRST_ENDS_WITH(ez_delivery_v1, await);
EZAPI_FIRST_ENDS_WITH(ez_command_v1, run);
EZAPI_FIRST_ENDS_WITH(ez_plugin, stop);
#undef EZAPI_FIRST_ENDS_WITH

namespace detail {

template <class Struct>
void check_size(const Struct* in, std::string_view what) {
    static_assert(std::is_trivially_copyable_v<Struct> && offsetof(Struct, size) == 0);
    if (in != nullptr && in->size >= kFirstSize<Struct>) return;
    const std::string found =
        in == nullptr ? "NULL" : "one of " + std::to_string(in->size) + " bytes";
    throw Error(EZ_INVALID,
                std::string(what) + ": expected a struct of at least " +
                    std::to_string(kFirstSize<Struct>) + " bytes, found " + found);
}

template <class Struct>
Struct prefix_of(const void* in, std::size_t size) {
    Struct out{};
    std::memcpy(&out, in, std::min(size, sizeof(Struct)));
    out.size = sizeof(Struct);
    return out;
}

}  // namespace detail

/// A zero struct with its size, for the other side to fill.
template <class Struct>
[[nodiscard]] constexpr Struct sized() {
    Struct out{};
    out.size = sizeof(Struct);
    return out;
}

/// A copy of a struct from the other side; members that the other side does not have are zero.
/// Throws EZ_INVALID for NULL and for a struct smaller than its first release.
template <class Struct>
[[nodiscard]] Struct taken(const Struct* in, std::string_view what) {
    detail::check_size(in, what);
    return detail::prefix_of<Struct>(in, in->size);
}

/// Fills the other side's struct as far as it reaches. `out->size` is set by its owner and kept;
/// nothing is written when it is smaller than the size member itself.
template <class Struct>
void give(Struct* out, const Struct& whole) noexcept {
    if (out == nullptr) return;
    const std::uint32_t size = out->size;
    if (size < sizeof size) return;
    std::memcpy(out, &whole, std::min<std::size_t>(size, sizeof(Struct)));
    out->size = size;
}

/// An array of structs from the other side. The `size` of the first element is the distance between
/// elements. Borrowed; elements are returned as copies, by the rule of `taken`.
template <class Struct>
class Strided {
public:
    /// Throws EZ_INVALID as `taken` does. An empty array may be NULL.
    Strided(const Struct* first, std::size_t count, std::string_view what = "array")
        : first_(reinterpret_cast<const char*>(first)), count_(count) {
        if (count == 0) return;
        detail::check_size(first, what);
        stride_ = first->size;
    }

    /// An array of structs of this side.
    Strided(const std::vector<Struct>& own) : Strided(own.data(), own.size()) {}

    class Iterator {
    public:
        using difference_type = std::ptrdiff_t;
        using value_type = Struct;

        Iterator() = default;

        Iterator(const Strided* array, std::size_t index) : array_(array), index_(index) {}

        Struct operator*() const { return (*array_)[index_]; }

        Iterator& operator++() {
            ++index_;
            return *this;
        }

        Iterator operator++(int) {
            const Iterator before = *this;
            ++index_;
            return before;
        }

        bool operator==(const Iterator& other) const { return index_ == other.index_; }

    private:
        const Strided* array_ = nullptr;
        std::size_t index_ = 0;
    };

    [[nodiscard]] std::size_t size() const { return count_; }

    [[nodiscard]] bool empty() const { return count_ == 0; }

    [[nodiscard]] Struct operator[](std::size_t index) const {
        return detail::prefix_of<Struct>(first_ + index * stride_, stride_);
    }

    [[nodiscard]] Iterator begin() const { return {this, 0}; }

    [[nodiscard]] Iterator end() const { return {this, count_}; }

private:
    const char* first_;
    std::size_t count_;
    std::size_t stride_ = 0;
};

}  // namespace ezapi
