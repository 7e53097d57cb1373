#include "host/http/memory/heap.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace ezapi::host::http {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kMebibyte = 1024 * 1024;

class HeapTest : public ::testing::Test {
protected:
    Heap heap_{{[this] { return resident_; },
                [this] {
                    ++trims_;
                    resident_ -= trimmable_;
                    trimmable_ = 0;
                }}};
    Heap::Clock::time_point now_{1h};
    int64_t resident_ = 40 * kMebibyte;
    int64_t trimmable_ = 0;
    int trims_ = 0;
};

TEST_F(HeapTest, TrimsAfterABurst) {
    heap_.tick(now_);
    resident_ = 233 * kMebibyte;
    trimmable_ = 190 * kMebibyte;
    heap_.tick(now_ += 5s);
    EXPECT_EQ(trims_, 1);
    EXPECT_EQ(resident_, 43 * kMebibyte);
    heap_.tick(now_ += 5s);
    EXPECT_EQ(trims_, 1);
}

TEST_F(HeapTest, LeavesSmallGrowthAlone) {
    heap_.tick(now_);
    resident_ += 32 * kMebibyte;
    for (int i = 0; i < 100; ++i) heap_.tick(now_ += 5s);
    EXPECT_EQ(trims_, 0);
}

TEST_F(HeapTest, TriesLessOftenWhatIsInUseAndStillFindsItsEnd) {
    heap_.tick(now_);
    resident_ = 500 * kMebibyte;
    for (int i = 0; i < 3600; ++i) heap_.tick(now_ += 1s);
    EXPECT_GE(trims_, 50);
    EXPECT_LE(trims_, 70);
    trimmable_ = 400 * kMebibyte;
    for (int i = 0; i < 61; ++i) heap_.tick(now_ += 1s);
    EXPECT_EQ(resident_, 100 * kMebibyte);
}

TEST_F(HeapTest, DoesNothingWhereTheSizeIsNotKnown) {
    resident_ = 0;
    for (int i = 0; i < 10; ++i) heap_.tick(now_ += 5s);
    EXPECT_EQ(trims_, 0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(Heap, GivesFreedMemoryBackToTheSystem) {
    const auto resident = Heap::real().resident_bytes;
    Heap heap;
    auto now = Heap::Clock::time_point(1h);
    heap.tick(now);
    const int64_t before = resident();
    ASSERT_GT(before, 0);
    std::vector<std::unique_ptr<char[]>> blocks;
    for (int i = 0; i < 100'000; ++i) {  // 200 MB in blocks that the allocator keeps
        blocks.push_back(std::make_unique<char[]>(2000));
        if (i % 1000 == 0) blocks.back()[0] = 'x';
    }
    ASSERT_GT(resident() - before, 150 * kMebibyte);
    for (size_t i = 0; i + 1 < blocks.size(); ++i) blocks[i].reset();  // the last one stays on top
    ASSERT_GT(resident() - before, 150 * kMebibyte);
    heap.tick(now + 5s);
    EXPECT_LT(resident() - before, 40 * kMebibyte);
}
#endif

}  // namespace
}  // namespace ezapi::host::http
