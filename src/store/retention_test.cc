#include "store/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

#include "store/store.h"
#include "store/testing/job_life.h"

namespace diptych {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;

class FakeExpiry final : public AnswerExpiry {
 public:
  Result<int> erase_oldest(std::int64_t unix_ms, int limit) override {
    if (++calls_ == failing_call_) return fail(ErrorCode::kIo, "the disk is full");
    limit_max_ = std::max(limit_max_, limit);
    int count = 0;
    while (count < limit && !created_.empty() && created_.front() < unix_ms) {
      created_.erase(created_.begin());
      ++count;
    }
    if (created_.empty() && !std::exchange(told_, true)) emptied_.set_value();
    return count;
  }
  Result<std::uint64_t> used_bytes() override { return fixed_bytes_ + 100 * created_.size(); }

  std::vector<std::int64_t> created_;  // ascending
  std::uint64_t fixed_bytes_ = 0;
  int failing_call_ = 0, calls_ = 0, limit_max_ = 0;
  bool told_ = false;
  std::promise<void> emptied_;
};

class RetentionTest : public ::testing::Test {
 protected:
  void fill(int count, std::int64_t created_ms) {
    for (int i = 0; i < count; ++i) expiry_.created_.push_back(created_ms);
  }
  Status sweep(RetentionLimits limits) {
    return Retention(expiry_, limits, clock_, *metrics_).sweep({});
  }

  ManualClock clock_;
  std::unique_ptr<Metrics> metrics_ = make_metrics();
  FakeExpiry expiry_;
};

TEST_F(RetentionTest, WhatIsOlderThanTheLimitGoesInSmallSteps) {
  fill(25, clock_.unix_ms());
  ASSERT_TRUE(sweep({.keep_days = 2}));
  clock_.advance(std::chrono::hours(48));
  ASSERT_TRUE(sweep({.keep_days = 2}));
  EXPECT_EQ(expiry_.created_.size(), 25U) << "to the day, not past it";
  fill(1, clock_.unix_ms());
  clock_.advance(std::chrono::milliseconds(1));
  ASSERT_TRUE(sweep({.keep_days = 2}));
  EXPECT_THAT(expiry_.created_, ElementsAre(clock_.unix_ms() - 1));
  EXPECT_LE(expiry_.limit_max_, 8);
  EXPECT_NE(metrics_->render().find("diptych_store_erased_total{reason=\"age\"} 25"),
            std::string::npos);
}

TEST_F(RetentionTest, NoLimitKeepsForGood) {
  fill(3, 0);
  ASSERT_TRUE(sweep({.keep_days = 0}));
  EXPECT_EQ(expiry_.created_.size(), 3U);
}

TEST_F(RetentionTest, PastTheSizeTheOldestGoUntilItFits) {
  for (std::int64_t i = 0; i < 20; ++i) fill(1, clock_.unix_ms() - kDayMs + i);
  ASSERT_TRUE(sweep({.keep_days = 30, .bytes_max = 1300}));
  EXPECT_EQ(expiry_.created_.size(), 12U);
  EXPECT_EQ(expiry_.created_.front(), clock_.unix_ms() - kDayMs + 8);
}

TEST_F(RetentionTest, AStoreThatIsFullOfOtherThingsIsLeftAlone) {
  expiry_.fixed_bytes_ = 5000;
  ASSERT_TRUE(sweep({.keep_days = 30, .bytes_max = 1300}));
  EXPECT_EQ(expiry_.calls_, 2);
}

TEST_F(RetentionTest, AFailureIsReportedAndTheNextSweepGoesOn) {
  fill(20, 0);
  expiry_.failing_call_ = 2;
  EXPECT_EQ(sweep({}).error().code, ErrorCode::kIo);
  EXPECT_EQ(expiry_.created_.size(), 12U);
  ASSERT_TRUE(sweep({}));
  EXPECT_TRUE(expiry_.created_.empty());
}

TEST_F(RetentionTest, TheThreadSweepsAtOnceAndEndsWithItsObject) {
  fill(3, 0);
  auto emptied = expiry_.emptied_.get_future();
  const auto store = *make_sqlite_store(":memory:", clock_);
  const auto thread = start_retention(Retention(expiry_, {}, clock_, *metrics_),
                                      HistoryRetention(store->jobs(), {}, clock_, *metrics_));
  EXPECT_EQ(emptied.wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

class HistoryTest : public ::testing::Test {
 protected:
  std::vector<std::string> kept() {
    std::vector<std::string> ids;
    const auto jobs = store_->jobs().list({}, {.limit = 100});
    for (const Job& job : jobs->rows) ids.push_back(job.id);
    return ids;
  }
  Status sweep(HistoryLimits limits) {
    return HistoryRetention(store_->jobs(), limits, clock_, *metrics_).sweep({});
  }
  // Ends with one picture of 100 bytes.
  std::string drawn() {
    const std::string bytes(100, static_cast<char>('a' + count_++));
    return testing::run_job(*store_, testing::picture_job(), {bytes}).id;
  }

  ManualClock clock_;
  std::unique_ptr<Metrics> metrics_ = make_metrics();
  std::unique_ptr<SqliteStore> store_ = *make_sqlite_store(":memory:", clock_);
  int count_ = 0;
};

TEST_F(HistoryTest, JobsPastTheirAgeGoWithTheirFiles) {
  const std::string old = drawn();
  const std::string blob = store_->jobs().get(old)->outputs.at(0).blob;
  clock_.advance(std::chrono::hours(49));
  const std::string young = drawn();
  ASSERT_TRUE(sweep({.keep_days = 0}));
  EXPECT_EQ(kept().size(), 2U);
  ASSERT_TRUE(sweep({.keep_days = 2}));
  EXPECT_THAT(kept(), ElementsAre(young));
  EXPECT_EQ(store_->blobs().get(blob).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->gallery().list({}, {})->rows.size(), 1U);
}

TEST_F(HistoryTest, PastACountOrASizeTheOldestGo) {
  drawn();
  const std::string second = drawn(), third = drawn(), fourth = drawn();
  ASSERT_TRUE(sweep({.jobs_max = 3}));
  EXPECT_THAT(kept(), ElementsAre(second, third, fourth));
  ASSERT_TRUE(sweep({.bytes_max = 299}));
  EXPECT_THAT(kept(), ElementsAre(third, fourth));
  ASSERT_TRUE(sweep({.bytes_max = 200}));
  EXPECT_THAT(kept(), ElementsAre(third, fourth));
}

TEST_F(HistoryTest, UnfinishedJobsStayWhateverTheBound) {
  drawn();
  const Submitted waiting = *store_->jobs().submit(testing::picture_job(), {});
  clock_.advance(std::chrono::hours(1000));
  ASSERT_TRUE(sweep({.keep_days = 1, .jobs_max = 1, .bytes_max = 0}));
  EXPECT_THAT(kept(), ElementsAre(waiting.job.id));
}

}  // namespace
}  // namespace diptych
