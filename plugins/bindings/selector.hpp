// How a binding selects one upstream model of a provider group.
//
//     exact            equal after trimming
//     regex            the pattern matches a part of the model's name
//     normalize_exact  equal after trimming, keeping the part after the last '/', in lower case
//
// An empty value means the public model's name, compared literally. Invariant: a selector resolves
// to at most one model. No match and several matches both count as "not resolved"; nothing is
// guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pattern.hpp"

namespace ezapi::bindings {

enum class Selection { exact, regex, normalize_exact };

/// Parses the API's name of a selector type; nullopt for an unknown name.
[[nodiscard]] std::optional<Selection> selection_of(std::string_view name);

/// A selector whose value is never empty: the public model's name has been filled in.
struct Selector {
    Selector(Selection how, std::string_view value, std::string_view public_model);

    Selection selection;
    std::string value;
};

[[nodiscard]] std::string normalized(std::string_view model);

/// The result of a selector.
struct Resolution {
    size_t hits = 0;
    std::string_view model = {};  // the first match; owned by the index

    [[nodiscard]] bool resolved() const { return hits == 1; }
};

/// The models of one provider group, indexed: a selector costs one look-up, and each distinct
/// pattern one pass over the models. Not thread-safe.
class ModelIndex {
public:
    explicit ModelIndex(std::vector<std::string> models);
    ModelIndex(ModelIndex&&) = default;
    ModelIndex(const ModelIndex&) = delete;  // its resolutions refer to its models
    ModelIndex& operator=(const ModelIndex&) = delete;
    ModelIndex& operator=(ModelIndex&&) = delete;
    ~ModelIndex() = default;

    [[nodiscard]] Resolution resolve(const Selector& selector, Patterns& patterns);

private:
    using Names = std::unordered_map<std::string, Resolution>;

    [[nodiscard]] Resolution search(const std::string& pattern, Patterns& patterns) const;

    std::vector<std::string> models_;
    Names exact_;
    Names normalized_;
    Names searched_;  // keyed by pattern
};

}  // namespace ezapi::bindings
