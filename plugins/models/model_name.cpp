#include "model_name.hpp"

#include <algorithm>

#include "ezapi/text.hpp"

namespace ezapi::models {

namespace {

constexpr size_t kMaxNamespace = 63;
constexpr size_t kMaxPublicModel = 256;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string_view namespace_of(std::string_view name) {
    return name.substr(0, name.find('.'));
}

bool is_namespace(std::string_view name) {
    return !name.empty() && name.size() <= kMaxNamespace && is_letter_or_digit(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return is_letter_or_digit(c) || c == '_' || c == '-';
           });
}

std::string name_fault(std::string_view name) {
    const std::string_view space = namespace_of(name);
    if (space.size() == name.size()) return "expected namespace.public_model, found no dot";
    if (!is_namespace(space))
        return "the namespace in front of the first dot: expected 1 to 63 characters of a-z, 0-9, "
               "'_' and '-', the first a letter or digit";
    const std::string_view model = name.substr(space.size() + 1);
    if (model.empty() || characters(model) > kMaxPublicModel)
        return "the public model behind the first dot: expected 1 to 256 characters, found " +
               std::to_string(characters(model));
    if (trim(model).size() != model.size())
        return "the public model behind the first dot begins or ends with a space";
    if (std::string wrong = control_fault(model); !wrong.empty())
        return "the public model behind the first dot " + wrong;
    return {};
}

}  // namespace ezapi::models
