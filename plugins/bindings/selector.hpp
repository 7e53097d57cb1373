// How a binding picks one upstream model among those of a provider group.
//
//     exact            equal after trimming
//     regex            the pattern is found in the model's name
//     normalize_exact  equal after trimming, cut to the part behind the last '/', in lower case
//
// An empty value stands for the public model's name, literally. Invariant: a selector resolves to
// at most one model; none and several are both "not resolved", and never a guess.
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

/// Of the names that the API uses; nothing for any other.
[[nodiscard]] std::optional<Selection> selection_of(std::string_view name);

/// A selector with the public model's name put in where its value is empty.
struct Selector {
    Selector(Selection how, std::string_view value, std::string_view public_model);

    Selection selection;
    std::string value;
};

[[nodiscard]] std::string normalized(std::string_view model);

/// What a selector found.
struct Resolution {
    size_t hits = 0;
    std::string_view model = {};  // the first hit; owned by the index

    [[nodiscard]] bool resolved() const { return hits == 1; }
};

/// The models of one provider group, indexed so that each selector costs one look-up and each
/// pattern one pass over the models, once. For one thread.
class ModelIndex {
public:
    explicit ModelIndex(std::vector<std::string> models);
    ModelIndex(ModelIndex&&) = default;
    ModelIndex(const ModelIndex&) = delete;  // its resolutions point into its models
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
    Names searched_;  // by pattern
};

}  // namespace ezapi::bindings
