// Compares the header in C and in C++, and with the frozen header.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <type_traits>

#include "ezapi/prefix.hpp"
#include "tests/abi/layout.h"

namespace {

const layout kLayoutInCpp[] = {
#include "members_now.inc"
    {nullptr, 0, 0}};

std::map<std::string, layout> by_name(const layout* first) {
    std::map<std::string, layout> out;
    for (; first->what != nullptr; ++first) out.emplace(first->what, *first);
    return out;
}

TEST(AbiHeader, HasOneLayoutInCAndCpp) {
    const auto in_c = by_name(layout_in_c);
    const auto in_cpp = by_name(kLayoutInCpp);
    ASSERT_GT(in_c.size(), 200U);
    ASSERT_EQ(in_c.size(), in_cpp.size());
    for (const auto& [name, place] : in_cpp) {
        EXPECT_EQ(place.value, in_c.at(name).value) << name;
        EXPECT_EQ(place.size, in_c.at(name).size) << name;
    }
}

TEST(AbiHeader, HasEveryFrozenMemberAndEnumeratorWhereItWas) {
    const auto then = by_name(layout_then);
    const auto now = by_name(layout_now);
    ASSERT_GT(then.size(), 200U);
    for (const auto& [name, place] : then) {
        const layout& today = now.at(name);
        EXPECT_EQ(today.value, place.value) << name;
        const bool is_struct = name.find('.') == std::string::npos && place.size > 0;
        if (is_struct && place.value == 0) {
            EXPECT_GE(today.size, place.size) << name << " may grow, not shrink";
        } else {
            EXPECT_EQ(today.size, place.size) << name;
        }
    }
}

/// The minimum accepted size of each struct.
const layout kFirstSizes[] = {
#undef SIZED
#undef FIXED
#undef MEMBER
#undef ENUM
#define SIZED(type, last) {#type, 0, ezapi::kFirstSize<type>},
#define FIXED(type, last)
#define MEMBER(type, member)
#define ENUM(name)
#include "members_then.inc"
    {nullptr, 0, 0}};

TEST(AbiHeader, AcceptsEveryStructAsItWasFrozen) {
    const auto then = by_name(layout_then);
    const auto least = by_name(kFirstSizes);
    ASSERT_GT(least.size(), 20U);
    for (const auto& [name, first] : least) EXPECT_EQ(first.size, then.at(name).size) << name;
}

/// For each extensible struct: the end of its last member, and its size.
const layout kEnds[] = {
#undef SIZED
#define SIZED(type, last) {#type, offsetof(type, last) + sizeof(type::last), sizeof(type)},
#include "members_now.inc"
    {nullptr, 0, 0}};

TEST(AbiHeader, EndsNoStructThatMayGrowWithPadding) {
    for (const auto& [name, end] : by_name(kEnds)) EXPECT_EQ(end.value, end.size) << name;
}

template <class Function>
constexpr bool never_throws = false;
template <class Result, class... Args>
constexpr bool never_throws<Result (*)(Args...) noexcept> = true;
template <class Member>
constexpr bool may_throw = std::is_pointer_v<Member> && !never_throws<Member> &&
                           std::is_function_v<std::remove_pointer_t<Member>>;

/// Function members that are not noexcept.
const layout kThrowing[] = {
#undef SIZED
#undef MEMBER
#define SIZED(type, last)
#define MEMBER(type, member) {#type "." #member, may_throw<decltype(type::member)>, 0},
#include "members_now.inc"
    {nullptr, 0, 0}};

TEST(AbiHeader, LetsNoExceptionCrossInEitherDirection) {
    for (const auto& [name, throws] : by_name(kThrowing)) EXPECT_EQ(throws.value, 0U) << name;
    EXPECT_TRUE(never_throws<ez_http_fn>);
    EXPECT_TRUE(never_throws<ez_changes_fn>);
    EXPECT_TRUE(never_throws<ez_free_fn>);
    EXPECT_TRUE(may_throw<void (*)()>);
}

/// Structs that are not plain data.
const layout kPlain[] = {
#undef SIZED
#undef FIXED
#undef MEMBER
#define SIZED(type, last) {#type, std::is_trivial_v<type> && std::is_standard_layout_v<type>, 0},
#define FIXED(type, last) SIZED(type, last)
#define MEMBER(type, member)
#include "members_now.inc"
    {nullptr, 0, 0}};

TEST(AbiHeader, IsPlainData) {
    for (const auto& [name, plain] : by_name(kPlain)) EXPECT_EQ(plain.value, 1U) << name;
}

}  // namespace
