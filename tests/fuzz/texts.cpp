// Short texts with a grammar: addresses and networks, URLs, times, selectors, settings.
#include <array>

#include "ezapi/network.hpp"
#include "ezapi/range.hpp"
#include "ezapi/url.hpp"
#include "host/config/credentials.hpp"
#include "host/config/document.hpp"
#include "plugins/bindings/selector.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ezapi {
namespace {

using fuzz::require;

/// The first `Count` lines; missing ones are empty.
template <size_t Count>
std::array<std::string_view, Count> lines(std::string_view input) {
    std::array<std::string_view, Count> out;
    for (std::string_view& line : out) {
        line = input.substr(0, input.find('\n'));
        input.remove_prefix(std::min(line.size() + 1, input.size()));
    }
    return out;
}

}  // namespace

EZ_FUZZ(networks) {
    const auto [text, other] = lines<2>(input);
    if (const auto address = canonical_address(text)) {
        require(canonical_address(*address) == address, "the canonical form is one");
        require(Address::parse(*address)->in(*address), "an address is in itself");
    }
    if (const auto endpoint = parse_endpoint(text))
        require(canonical_address(endpoint->address.text()) == endpoint->address.text(),
                "the address of an endpoint is canonical");
    if (!network_fault(text).empty()) return;
    const std::string network = canonical_network(text);
    require(network_fault(network).empty(), "the canonical form is a network");
    require(canonical_network(network) == network, "and stays");
    require(network_within(network, text) && network_within(text, network), "of the same extent");
    if (network_fault(other).empty() && network_within(text, other)) {
        const auto base = detail::parse_network(text);
        require(base && base->address.in(other), "a part lies in the whole");
    }
}

EZ_FUZZ(urls) {
    const auto [text, reference] = lines<2>(input);
    const Url url = Url::parse(text);
    require(Url::parse(url.text()).text() == url.text(), "what was written is read as the same");
    require(url.text().find_first_of(" \r\n\t#") == std::string::npos, "no fragment is left");
    require(url.authority.text().find('@') == std::string::npos, "no user is left");
    const Url next = url.resolved(reference);
    require(Url::parse(next.text()).text() == next.text(), "a redirect leads to a URL");
    require(next.path.find("/../") == std::string::npos, "without dot segments");
}

EZ_FUZZ(times) {
    for (const RangeEnd end : {RangeEnd::first, RangeEnd::behind}) {
        const auto time = parse_range_end(input, end);
        if (!time) continue;
        require(*time >= kEarliestTime && *time <= kLatestTime, "a time can be written");
        const auto written = std::chrono::floor<std::chrono::milliseconds>(*time);
        require(parse_time(format_time(*time)) == written, "and is read as the same");
    }
}

EZ_FUZZ(selectors) {
    using namespace bindings;
    const auto [value, name, first, second] = lines<4>(input);
    ModelIndex index({std::string(first), std::string(second)});
    Patterns patterns;
    for (const Selection how : {Selection::exact, Selection::regex, Selection::normalize_exact}) {
        if (how == Selection::regex && !pattern_fault(value).empty()) continue;
        const Selector selector(how, value, name);
        const Resolution found = index.resolve(selector, patterns);
        if (!found.resolved()) continue;
        require(found.model == first || found.model == second, "a model of the group is found");
        require(index.resolve(selector, patterns).model == found.model, "the same each time");
    }
    require(normalized(normalized(value)) == normalized(value),
            "normalising twice changes nothing");
}

EZ_FUZZ(configuration) {
    const host::config::Document document = host::config::parse_document(input, "fuzz.yaml");
    for (const auto& [key, entry] : document.entries) {
        require(!key.empty(), "each entry has a key");
        require(entry.line >= 1, "and a line");
    }
}

EZ_FUZZ(connection_strings) {
    using namespace host::config;
    const std::string shown = shown_dsn(input);
    const auto pairs = parse_dsn(input);
    if (!pairs) return;
    for (const auto& [key, value] : *pairs) {
        if (key != "password" || value.size() < 8 || is_harmless(value)) continue;
        // The same text may also occur in a part that is shown, or in "password=***".
        bool elsewhere = value.find('*') != std::string::npos;
        for (const auto& [other, text] : *pairs)
            elsewhere = elsewhere || (other != "password" && text.find(value) != std::string::npos);
        require(elsewhere || shown.find(value) == std::string::npos, "no password is shown");
    }
}

}  // namespace ezapi
