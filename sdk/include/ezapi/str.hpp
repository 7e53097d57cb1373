// Conversions between the ABI's borrowed text and std::string_view. They do not copy.
#pragma once

#include <string_view>

#include "ezapi/abi.h"

namespace ezapi {

[[nodiscard]] constexpr ez_str str(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

[[nodiscard]] constexpr std::string_view view(ez_str text) noexcept {
    return text.size == 0 ? std::string_view{} : std::string_view{text.data, text.size};
}

}  // namespace ezapi
