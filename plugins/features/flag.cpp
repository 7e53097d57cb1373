#include "flag.hpp"

#include <algorithm>

#include "projection.hpp"

namespace ezapi::features {

namespace {

constexpr size_t kMaxName = 128;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool may_follow(char c) {
    return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
}

}  // namespace

std::string name_fault(std::string_view name) {
    const bool good = !name.empty() && name.size() <= kMaxName &&
                      is_letter_or_digit(name.front()) &&
                      std::all_of(name.begin(), name.end(), may_follow);
    if (good) return {};
    return "expected 1 to 128 characters of a-z, A-Z, 0-9, '.', '_' and '-', the first a letter or "
           "digit";
}

ResourceSpec flag_spec() {
    return {
        .name = "features",
        .table = "features",
        .schema = "Feature",
        .fields = fields(text("name")
                             .required()
                             .create_only()
                             .length(1, kMaxName)
                             .must(name_fault, "^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$")
                             .filterable()
                             .sortable()
                             .searchable(),
                         any("value").required().nullable().about("Any JSON"),
                         text("description").default_to("").prose().searchable(),
                         boolean("enabled").default_to(true).guarded().filterable().sortable()),
        .uniques = {{"features_name_key", {"name"}}},
        .written =
            [](Tx& tx, const Record* before, const Record* after) {
                const Json& data = (after != nullptr ? after : before)->data;
                tx.touched(kProjection, data.at("name").get_ref<const std::string&>());
            },
    };
}

}  // namespace ezapi::features
