// Gives memory back that an object may keep for reuse.
#pragma once

#include <string>

namespace ezapi::host::http {

/// Empties the text and frees its memory. Assigning an empty text would keep the memory.
inline void release(std::string& text) noexcept {
    std::string().swap(text);
}

}  // namespace ezapi::host::http
