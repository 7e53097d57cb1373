#include "selector.hpp"

#include <re2/re2.h>

#include <utility>

#include "ezapi/resource/field.hpp"

namespace ezapi::bindings {

namespace {

void count(Resolution& resolution, std::string_view model) {
    if (resolution.hits++ == 0) resolution.model = model;
}

Resolution found(const std::unordered_map<std::string, Resolution>& names,
                 const std::string& name) {
    const auto at = names.find(name);
    return at == names.end() ? Resolution{} : at->second;
}

std::string literally(Selection selection, std::string_view public_model) {
    return selection == Selection::regex
               ? RE2::QuoteMeta(re2::StringPiece(public_model.data(), public_model.size()))
               : std::string(public_model);
}

}  // namespace

std::optional<Selection> selection_of(std::string_view name) {
    if (name == "exact") return Selection::exact;
    if (name == "regex") return Selection::regex;
    if (name == "normalize_exact") return Selection::normalize_exact;
    return std::nullopt;
}

Selector::Selector(Selection how, std::string_view given, std::string_view public_model)
    : selection(how),
      value(trim(given).empty() ? literally(how, public_model) : std::string(given)) {}

std::string normalized(std::string_view model) {
    std::string_view name = trim(model);
    if (const size_t slash = name.rfind('/'); slash != std::string_view::npos)
        name.remove_prefix(slash + 1);
    return lower_case(trim(name));
}

ModelIndex::ModelIndex(std::vector<std::string> models) : models_(std::move(models)) {
    for (const std::string& model : models_) {
        count(exact_[std::string(trim(model))], model);
        count(normalized_[normalized(model)], model);
    }
}

Resolution ModelIndex::resolve(const Selector& selector, Patterns& patterns) {
    switch (selector.selection) {
        case Selection::exact:
            return found(exact_, std::string(trim(selector.value)));
        case Selection::normalize_exact:
            return found(normalized_, normalized(selector.value));
        case Selection::regex:
            break;
    }
    const auto [at, fresh] = searched_.try_emplace(selector.value);
    if (fresh) at->second = search(selector.value, patterns);
    return at->second;
}

Resolution ModelIndex::search(const std::string& pattern, Patterns& patterns) const {
    Resolution out;
    const RE2* compiled = patterns.compiled(pattern);
    if (compiled == nullptr) return out;
    for (const std::string& model : models_) {
        if (RE2::PartialMatch(model, *compiled)) count(out, model);
    }
    return out;
}

}  // namespace ezapi::bindings
