#include "namespace.hpp"

#include <algorithm>

#include "projection.hpp"
#include "usage.hpp"

namespace ezapi::namespaces {

namespace {

constexpr size_t kMaxName = 63;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool may_follow(char c) {
    return is_letter_or_digit(c) || c == '_' || c == '-';
}

}  // namespace

std::string name_fault(std::string_view name) {
    const bool good = !name.empty() && name.size() <= kMaxName &&
                      is_letter_or_digit(name.front()) &&
                      std::all_of(name.begin(), name.end(), may_follow);
    if (good) return {};
    return "expected 1 to 63 characters of a-z, 0-9, '_' and '-', the first a letter or digit";
}

ResourceSpec namespace_spec(const Usage& usage) {
    return {
        .name = "namespaces",
        .table = "namespaces",
        .schema = "Namespace",
        .fields = fields(text("name")
                             .required()
                             .create_only()
                             .length(1, kMaxName)
                             .must(name_fault, "^[a-z0-9][a-z0-9_-]{0,62}$")
                             .filterable()
                             .sortable()
                             .searchable()
                             .about("Stands in front of the dot of namespace.public_model"),
                         text("description").default_to("").prose().searchable(),
                         choice("status", {"active", "suspended"})
                             .default_to("active")
                             .guarded()
                             .filterable()
                             .sortable()),
        .uniques = {{"namespaces_name_key", {"name"}}},
        .written =
            [](Tx& tx, const Record* before, const Record* after) {
                const Json& data = (after != nullptr ? after : before)->data;
                tx.touched(kProjection, data.at("name").get_ref<const std::string&>());
            },
        .deleting =
            [&usage](Tx& tx, const Record& row) {
                usage.refuse_deletion(tx, row.data.at("name").get_ref<const std::string&>());
            },
    };
}

}  // namespace ezapi::namespaces
