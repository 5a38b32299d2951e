#include "store/sqlite/migrations.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace diptych::sqlite {
namespace {

Connection open() { return *Connection::open({.file = ":memory:", .vfs = {}}); }

std::int64_t number(Connection& db, std::string_view sql) {
  auto statement = *db.prepare(sql);
  EXPECT_TRUE(*statement.step());
  return statement.integer(0);
}

TEST(Migrations, EachStepRunsOnceAndIsRecorded) {
  Connection db = open();
  const ManualClock clock;
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(migrate(db, migrations(), clock));
    EXPECT_EQ(number(db, "PRAGMA user_version"), std::ssize(migrations()));
    EXPECT_EQ(number(db, "SELECT count(*) FROM schema_steps"), std::ssize(migrations()));
  }
  EXPECT_EQ(number(db, "SELECT min(applied_ms) FROM schema_steps"), clock.unix_ms());
}

TEST(Migrations, AnOlderFileGetsTheMissingStepsOnly) {
  Connection db = open();
  const ManualClock clock;
  ASSERT_TRUE(migrate(db, migrations().first(2), clock));
  ASSERT_TRUE(
      db.execute("INSERT INTO responses VALUES ('resp_1', '', '', 1, 'completed', 0, '{}', '[]')"));
  ASSERT_TRUE(migrate(db, migrations(), clock));
  EXPECT_EQ(number(db, "SELECT count(*) FROM responses"), 1);
}

TEST(Migrations, AFailedStepLeavesNothingBehind) {
  Connection db = open();
  const ManualClock clock;
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back({.name = "broken", .sql = "CREATE TABLE half (x); CREATE TABLE half (x);"});
  EXPECT_FALSE(migrate(db, steps, clock));
  EXPECT_EQ(number(db, "PRAGMA user_version"), std::ssize(migrations()));
  EXPECT_EQ(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

TEST(Migrations, AFileOfANewerVersionIsRefused) {
  Connection db = open();
  ASSERT_TRUE(db.execute("PRAGMA user_version = 999"));
  const auto status = migrate(db, migrations(), system_clock());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(status.error().message.find("999"), std::string::npos);
}

}  // namespace
}  // namespace diptych::sqlite
