#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>

#include "ezapi/error.hpp"
#include "host/api/tables.hpp"
#include "host/changes/bus.hpp"
#include "host/modules/context.hpp"

namespace ezapi::host::changes {
namespace {

using testing::ElementsAre;

/// Renders "<id>!" for each id, and scans the entities "a", "b" and "c".
struct Owner {
    int freed = 0;

    static ez_status render(void*,
                            ez_tx*,
                            const ez_str* ids,
                            size_t count,
                            ez_projected_fn sink,
                            void* user,
                            ez_error*) noexcept {
        for (size_t i = 0; i < count; ++i) {
            const std::string value = std::string(view(ids[i])) + "!";
            const ez_projected entity{sizeof entity, 1, ids[i], str(value), nullptr, 0};
            if (const ez_status status = sink(user, &entity); status != EZ_OK) return status;
        }
        return EZ_OK;
    }

    static ez_status scan(void*,
                          ez_tx*,
                          ez_str after,
                          size_t limit,
                          ez_projected_fn sink,
                          void* user,
                          ez_error*) noexcept {
        for (const char* id : {"a", "b", "c"}) {
            if (std::string_view(id) <= view(after) || limit-- == 0) continue;
            const ez_projected entity{sizeof entity, 1, str(id), str(id), nullptr, 0};
            if (const ez_status status = sink(user, &entity); status != EZ_OK) return status;
        }
        return EZ_OK;
    }

    static void free(void* user) noexcept { ++static_cast<Owner*>(user)->freed; }

    ez_projection projection(std::string_view resource) {
        return {sizeof(ez_projection), EZ_LAYOUT_FIELD, str(resource), render, scan, this, free};
    }
};

class ProjectionsTest : public ::testing::Test {
protected:
    ProjectionsTest() {
        components_.changes = &bus_;
        context_.plugin = "sync";
        context_.host = &components_;
    }

    static ez_status keep(void* user, const ez_projected* entity) noexcept {
        static_cast<ProjectionsTest*>(user)->seen_.emplace_back(view(entity->value));
        return EZ_OK;
    }

    ez_status render(const char* resource, const std::vector<ez_str>& ids) {
        return api::kChanges.render(
            &context_, tx(), str(resource), ids.data(), ids.size(), keep, this, &error_);
    }

    std::vector<std::string> live() {
        std::vector<std::string> names;
        bus_.projections(
            [&](const ez_projection_info& info) { names.emplace_back(view(info.resource)); });
        return names;
    }

    /// A handle that is passed on and never dereferenced.
    ez_tx* tx() { return reinterpret_cast<ez_tx*>(storage_.data()); }

    alignas(db::Transaction) std::array<std::byte, sizeof(db::Transaction)> storage_{};
    Owner owner_;
    Bus bus_;
    Components components_;
    ez_context context_;
    ez_error error_{};
    std::vector<std::string> seen_;
};

TEST_F(ProjectionsTest, AreAskedOnceTheirPluginIsActive) {
    bus_.project("models", owner_.projection("meta:models"));
    EXPECT_EQ(render("meta:models", {str("m")}), EZ_NOT_FOUND);
    EXPECT_TRUE(live().empty());
    bus_.activate("models");
    EXPECT_THAT(live(), ElementsAre("meta:models"));
    ASSERT_EQ(render("meta:models", {str("m"), str("n")}), EZ_OK);
    EXPECT_THAT(seen_, ElementsAre("m!", "n!"));
    bus_.retire("models", std::chrono::steady_clock::now());
    EXPECT_EQ(render("meta:models", {str("m")}), EZ_NOT_FOUND);
}

TEST_F(ProjectionsTest, AreScannedInPages) {
    bus_.project("models", owner_.projection("meta:models"));
    bus_.activate("models");
    ASSERT_EQ(
        api::kChanges.scan(&context_, tx(), str("meta:models"), str("a"), 1, keep, this, &error_),
        EZ_OK);
    EXPECT_THAT(seen_, ElementsAre("b"));
}

TEST_F(ProjectionsTest, AreOnePerResource) {
    bus_.project("models", owner_.projection("meta:models"));
    EXPECT_THROW(bus_.project("other", owner_.projection("meta:models")), Error);
    EXPECT_THROW(bus_.project("models", owner_.projection("meta:models")), Error);
    EXPECT_EQ(owner_.freed, 2);
    bus_.activate("models");
    EXPECT_THROW(bus_.project("other", owner_.projection("meta:models")), Error);
    bus_.retire("models", std::chrono::steady_clock::now());
    bus_.discard("models");
    EXPECT_EQ(owner_.freed, 4);
    EXPECT_NO_THROW(bus_.project("other", owner_.projection("meta:models")));
}

TEST_F(ProjectionsTest, HaveAnotherRegistrationWhenTheirPluginComesBack) {
    std::vector<std::uint64_t> seen;
    for (int life = 0; life < 2; ++life) {
        bus_.project("models", owner_.projection("meta:models"));
        bus_.activate("models");
        bus_.projections(
            [&](const ez_projection_info& info) { seen.push_back(info.registration); });
        bus_.retire("models", std::chrono::steady_clock::now());
        bus_.discard("models");
    }
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_NE(seen[0], seen[1]);
}

TEST_F(ProjectionsTest, AreRefusedWhenIncomplete) {
    ez_projection projection = owner_.projection("meta:models");
    projection.scan = nullptr;
    EXPECT_EQ(api::kChanges.project(&context_, &projection, &error_), EZ_INVALID);
    projection = owner_.projection("");
    EXPECT_EQ(api::kChanges.project(&context_, &projection, &error_), EZ_INVALID);
    projection = owner_.projection("meta:models");
    projection.layout = 3;
    EXPECT_EQ(api::kChanges.project(&context_, &projection, &error_), EZ_INVALID);
    EXPECT_EQ(owner_.freed, 3);
}

}  // namespace
}  // namespace ezapi::host::changes
