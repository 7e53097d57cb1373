#include "upstream_url.hpp"

namespace ezapi::provider_groups {

UpstreamUrl read_upstream_url(std::string_view text) {
    try {
        Url url = Url::parse(text);
        if (!url.query.empty()) return {{}, "a query (?) is not allowed"};
        while (url.path.ends_with('/')) url.path.pop_back();
        return {url.text(), {}};
    } catch (const Error& error) {
        return {{}, error.what()};
    }
}

}  // namespace ezapi::provider_groups
