// The real catalogue with random damage: damage in one place of the document must neither remove
// nor change models in other places.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <utility>

#include "ezapi/error.hpp"
#include "ezapi/json.hpp"
#include "registry_document.hpp"
#include "registry_plan.hpp"

namespace ezapi::models {
namespace {

/// Read once, because it is large. Null when it is not available.
const Json& catalogue() {
    static const Json whole = [] {
        const char* shared = std::getenv("EZ_SHARED_DIR");
        std::ifstream in(
            std::filesystem::path(shared != nullptr ? shared : EZAPI_SOURCE_DIR "/../shared") /
            "data/models.dev/api.json");
        return in ? Json::parse(in) : Json();
    }();
    return whole;
}

/// A part of the catalogue, so that hundreds of documents are read in a second.
Json some_of(const Json& whole, size_t providers) {
    Json out = Json::object();
    for (const auto& [id, provider] : whole.items()) {
        if (out.size() == providers) break;
        if (provider.at("models").size() <= 40) out[id] = provider;
    }
    return out;
}

StoredModels stored_of(const RegistryDocument& document) {
    StoredModels out;
    for (const RegistryModel& model : document.models) out[model.name] = {model, false};
    return out;
}

const Json kDebris[] = {nullptr,
                        true,
                        -1,
                        1e300,
                        "text",
                        "",
                        Json::array(),
                        Json::array({nullptr, 1, "x"}),
                        Json::object({{"models", 1}}),
                        Json::object({{"limit", "x"}})};

class Damage {
public:
    explicit Damage(unsigned seed) : random_(seed) {}

    /// The provider and the model that the damage affects; an empty model means all of them.
    using Place = std::pair<std::string, std::string>;

    /// Replaces or adds something in one place.
    Place strike(Json& document) {
        auto provider = pick(document);
        const Place space{provider.key(), ""};
        switch (random_() % 6) {
            case 0:
                *provider = debris();
                return space;
            case 1:
                if (!provider->is_object()) *provider = Json::object();
                (*provider)["models"] = debris();
                return space;
            case 2:
                document["zz-new"] = debris();
                return {"zz-new", ""};
            default:
                break;
        }
        if (!provider->is_object() || !provider->contains("models") ||
            !provider->at("models").is_object() || provider->at("models").empty())
            return space;
        auto model = pick(provider->at("models"));
        const Place place{provider.key(), model.key()};
        Json* at = &*model;
        for (size_t depth = random_() % 4; depth > 0 && at->is_object() && !at->empty(); --depth)
            at = &*pick(*at);
        *at = debris();
        return place;
    }

private:
    Json::iterator pick(Json& object) {
        return std::next(object.begin(), static_cast<std::ptrdiff_t>(random_() % object.size()));
    }

    const Json& debris() { return kDebris[random_() % std::size(kDebris)]; }

    std::mt19937 random_;
};

constexpr unsigned kRounds = 60;

class RegistryDamage : public ::testing::TestWithParam<std::string> {};

TEST_P(RegistryDamage, NeverTakesRowsOfModelsThatWereNotTouched) {
    const Json& whole = catalogue();
    if (whole.is_null()) GTEST_SKIP() << "the models.dev catalogue is not here: set EZ_SHARED_DIR";
    // Most rounds use a small part of the catalogue, a few a large one.
    const Json small = some_of(whole, 4);
    const Json large = some_of(whole, 40);
    const StoredModels stored_small = stored_of(read_registry_document(small.dump(), GetParam()));
    const StoredModels stored_large = stored_of(read_registry_document(large.dump(), GetParam()));
    ASSERT_GT(stored_small.size(), 30U);
    ASSERT_GT(stored_large.size(), 200U);
    size_t read = 0;
    for (unsigned seed = 1; seed <= kRounds; ++seed) {
        const bool in_large = seed % 20 == 0;
        const StoredModels& stored = in_large ? stored_large : stored_small;
        Damage damage(seed);
        Json document = in_large ? large : small;
        std::set<std::string> struck;
        for (unsigned strikes = 1 + seed % 5; strikes > 0; --strikes) {
            auto [provider, model] = damage.strike(document);
            if (GetParam().empty()) std::replace(provider.begin(), provider.end(), '.', '-');
            struck.insert(GetParam().empty() ? provider + "." + model
                                             : GetParam() + "." + provider + "/" + model);
        }
        const auto touched = [&](const std::string& name) {
            return std::any_of(struck.begin(), struck.end(), [&](const std::string& begin) {
                return name.starts_with(begin);
            });
        };
        RegistryDocument damaged = read_registry_document(document.dump(), GetParam());
        ++read;
        const RegistryPlan plan = plan_refresh(damaged, stored);
        for (const std::string& name : plan.removed)
            EXPECT_TRUE(touched(name)) << name << " was removed, seed " << seed;
        for (const RegistryModel* model : plan.updated)
            EXPECT_TRUE(touched(model->name)) << model->name << " was changed, seed " << seed;
    }
    EXPECT_EQ(read, kRounds);
}

/// A model is only removed when its provider could be parsed and does not list it.
TEST_P(RegistryDamage, ARowGoesOnlyWhereItsProviderCouldBeRead) {
    const Json& whole = catalogue();
    if (whole.is_null()) GTEST_SKIP() << "the models.dev catalogue is not here: set EZ_SHARED_DIR";
    const Json sound = some_of(whole, 4);
    const StoredModels stored = stored_of(read_registry_document(sound.dump(), GetParam()));
    for (const Json& debris : kDebris) {
        if (debris.is_object()) continue;
        for (const auto& [id, provider] : sound.items()) {
            Json document = sound;
            document[id] = debris;
            RegistryDocument damaged = read_registry_document(document.dump(), GetParam());
            EXPECT_TRUE(plan_refresh(damaged, stored).removed.empty()) << id << debris;
            document = sound;
            for (Json& model : document[id]["models"]) model = debris;
            damaged = read_registry_document(document.dump(), GetParam());
            EXPECT_TRUE(plan_refresh(damaged, stored).removed.empty()) << id << debris;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Names, RegistryDamage, ::testing::Values("", "all"));

}  // namespace
}  // namespace ezapi::models
