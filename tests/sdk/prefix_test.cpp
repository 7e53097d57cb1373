#include "ezapi/prefix.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "ezapi/audit.hpp"

namespace ezapi {
namespace {

/// A struct of a service in three versions of its header.
struct Thing {
    std::uint32_t size;
    std::int32_t kind;
    std::int64_t id;
};

struct LongerThing {
    std::uint32_t size;
    std::int32_t kind;
    std::int64_t id;
    std::int64_t extra;
};

/// A struct of the other side, seen as one of this side.
template <class Other, class Struct>
const Struct* as(const Other& other) {
    return reinterpret_cast<const Struct*>(&other);
}

}  // namespace

template <>
inline constexpr std::size_t kFirstSize<LongerThing> = offsetof(LongerThing, extra);

namespace {

TEST(Prefix, TakesALongerStructWithoutItsEnd) {
    const LongerThing given{sizeof(LongerThing), 3, 7, 9};
    const Thing thing = taken(as<LongerThing, Thing>(given), "thing");
    EXPECT_EQ(thing.size, sizeof(Thing));
    EXPECT_EQ(thing.kind, 3);
    EXPECT_EQ(thing.id, 7);
}

TEST(Prefix, TakesAShorterStructWithZeroForTheRest) {
    // Allocated with its exact size, so that AddressSanitizer detects a read beyond its end.
    const std::vector<char> exact = [] {
        const Thing given{sizeof(Thing), 3, 7};
        return std::vector<char>(reinterpret_cast<const char*>(&given),
                                 reinterpret_cast<const char*>(&given + 1));
    }();
    const LongerThing thing = taken(reinterpret_cast<const LongerThing*>(exact.data()), "thing");
    EXPECT_EQ(thing.size, sizeof(LongerThing));
    EXPECT_EQ(thing.id, 7);
    EXPECT_EQ(thing.extra, 0);
}

TEST(Prefix, RefusesWhatIsSmallerThanItEverWas) {
    for (std::uint32_t size = 0; size < sizeof(Thing); ++size) {
        const Thing given{size, 3, 7};
        try {
            static_cast<void>(taken(as<Thing, LongerThing>(given), "thing"));
            ADD_FAILURE() << size;
        } catch (const Error& error) {
            EXPECT_EQ(error.status(), EZ_INVALID);
            EXPECT_EQ(std::string(error.what()),
                      "thing: expected a struct of at least 16 bytes, found one of " +
                          std::to_string(size) + " bytes");
        }
    }
    EXPECT_THROW(static_cast<void>(taken<Thing>(nullptr, "thing")), Error);
}

TEST(Prefix, FillsWhatTheOtherSideKnowsAndNoByteMore) {
    for (std::uint32_t size = 0; size <= sizeof(LongerThing) + 8; ++size) {
        std::vector<unsigned char> place(sizeof(LongerThing) + 16, 0xEE);
        std::memcpy(place.data(), &size, sizeof size);
        give(reinterpret_cast<Thing*>(place.data()), Thing{sizeof(Thing), 3, 7});
        std::uint32_t kept = 0;
        std::memcpy(&kept, place.data(), sizeof kept);
        EXPECT_EQ(kept, size) << "the size is the other side's";
        const size_t end = std::max<size_t>(sizeof size, std::min<size_t>(size, sizeof(Thing)));
        for (size_t i = end; i < place.size(); ++i) ASSERT_EQ(place[i], 0xEE) << size << " " << i;
    }
    give<Thing>(nullptr, {});
}

TEST(Prefix, WalksAnArrayByTheSizeOfItsFirstElement) {
    const std::vector<LongerThing> given{{sizeof(LongerThing), 1, 10, -1},
                                         {sizeof(LongerThing), 2, 20, -1},
                                         {sizeof(LongerThing), 3, 30, -1}};
    const Strided<Thing> things(as<LongerThing, Thing>(given.front()), given.size(), "things");
    ASSERT_EQ(things.size(), 3U);
    std::int64_t sum = 0;
    for (const Thing& thing : things) sum += thing.id;
    EXPECT_EQ(sum, 60);
    EXPECT_EQ(things[2].kind, 3);
    EXPECT_TRUE(Strided<Thing>(nullptr, 0).empty());
    EXPECT_THROW(Strided<Thing>(nullptr, 1), Error);
    const Thing small{4, 0, 0};
    EXPECT_THROW(Strided<Thing>(&small, 1), Error);
}

TEST(Audit, HasOneWordForEachActorAndAction) {
    EXPECT_EQ(actor_kind(EZ_PUBLIC, false), "system");
    EXPECT_EQ(actor_kind(EZ_PUBLIC, true), "public");
    EXPECT_EQ(actor_kind(EZ_ADMIN, true), "admin");
    EXPECT_EQ(actor_kind(EZ_MASTER, true), "master");
    EXPECT_EQ(actor_kind(EZ_INTERNAL_ONLY, true), "internal");
    EXPECT_EQ(action_name(EZ_CREATED), "create");
    EXPECT_EQ(action_name(EZ_UPDATED), "update");
    EXPECT_EQ(action_name(EZ_DELETED), "delete");
}

}  // namespace
}  // namespace ezapi
