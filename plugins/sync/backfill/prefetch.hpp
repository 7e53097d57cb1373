// Reads the pages of a resource, each while the one before it is being worked on: database and
// Redis need not wait for each other.
#pragma once

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>

#include "backfill/page_reader.hpp"

namespace ezapi::sync {

class Prefetch {
public:
    /// `read` is called from one thread at a time, which is another one each time.
    using Read = std::function<Page(const std::string& after)>;

    explicit Prefetch(Read read) : read_(std::move(read)) { fetch({}); }

    /// Nothing behind the last page. Throws what `read` threw.
    [[nodiscard]] std::optional<Page> next() {
        if (!coming_.valid()) return std::nullopt;
        Page page = coming_.get();
        if (!page.last) fetch(page.end());
        return page;
    }

private:
    void fetch(std::string after) {
        coming_ = std::async(std::launch::async,
                             [this, after = std::move(after)] { return read_(after); });
    }

    Read read_;
    std::future<Page> coming_;  // last: its end is waited for before the others go
};

}  // namespace ezapi::sync
