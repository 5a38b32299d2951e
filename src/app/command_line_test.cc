#include "app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/progress_bar.h"
#include "app/report.h"
#include "base/json.h"
#include "base/rng.h"
#include "image/samplers/schedule_registry.h"
#include "image/samplers/solver_registry.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

class CommandLineTest : public testing::Test {
 protected:
  ~CommandLineTest() override { std::filesystem::remove_all(folder_); }

  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "diptych");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_command_line(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }
  Json json() const {
    const auto parsed = parse_json(out_);
    EXPECT_TRUE(parsed) << out_;
    return parsed ? *parsed : Json();
  }

  const std::string folder_ =
      std::filesystem::temp_directory_path() / random_id("diptych-cli-test-");
  std::string out_, err_;
};

TEST_F(CommandLineTest, WrongUsageIsTwoAndSaysWhatIsWrong) {
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"dance"}), 2);
  EXPECT_THAT(err_, HasSubstr("\"dance\""));
  EXPECT_EQ(run({"models", "dance"}), 2);
  EXPECT_THAT(err_, HasSubstr("\"dance\""));
  EXPECT_EQ(run({"version", "--loud"}), 2);
  EXPECT_THAT(err_, HasSubstr("--loud"));
  EXPECT_EQ(run({"keys", "list", "--log-level", "loud"}), 2);
  EXPECT_THAT(err_, HasSubstr("log.level is \"loud\" but must be one of"));
  EXPECT_EQ(run({"keys", "list", "--json", "--log-level", "loud"}), 2);
  EXPECT_EQ(json()["error"]["param"].as_string(), "log.level");
}

TEST_F(CommandLineTest, HelpIsNoError) {
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_EQ(run({"serve", "--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("--max-slots"));
}

TEST_F(CommandLineTest, ShowsVersionsAndOptionsAsJson) {
  ASSERT_EQ(run({"version", "--json"}), 0);
  EXPECT_TRUE(json()["llama_commit"].is_string());
  ASSERT_EQ(run({"config", "--json", "--max-slots", "3"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"source\": \"--max-slots\""));
  ASSERT_EQ(run({"config", "--markdown"}), 0);
  EXPECT_THAT(out_, HasSubstr("| `server.listen` |"));
}

TEST_F(CommandLineTest, ListsEverySamplerAndSchedule) {
  ASSERT_EQ(run({"samplers", "--json"}), 0);
  const Json listed = json();
  const auto& samplers = listed["samplers"].as_array();
  EXPECT_EQ(samplers.size(), solver_rows().size());
  EXPECT_EQ(listed["schedules"].as_array().size(), schedule_rows().size());
  for (const Json& sampler : samplers) {
    EXPECT_NE(find_solver(sampler["name"].as_string()), nullptr);
    for (const Json& alias : sampler["aliases"].as_array())
      EXPECT_EQ(find_solver(alias.as_string()), find_solver(sampler["name"].as_string()));
  }
  ASSERT_EQ(run({"samplers"}), 0);
  for (const SolverRow& row : solver_rows()) EXPECT_THAT(out_, HasSubstr(std::string(row.doc)));
  for (const ScheduleRow& row : schedule_rows()) EXPECT_THAT(out_, HasSubstr(std::string(row.doc)));
}

TEST_F(CommandLineTest, MakesListsAndRevokesKeys) {
  ASSERT_EQ(run({"keys", "create", "--name", "me", "--scopes", "inference,admin", "--json",
                 "--data-dir", folder_}),
            0);
  const std::string id = json()["id"].as_string();
  EXPECT_EQ(json()["scopes"].as_array().size(), 2U);
  ASSERT_EQ(run({"keys", "add", "laptop", "--scope", "admin", "--data-dir", folder_}), 0);
  ASSERT_EQ(run({"keys", "revoke", id, "--data-dir", folder_}), 0);
  ASSERT_EQ(run({"keys", "list", "--json", "--data-dir", folder_}), 0);
  EXPECT_TRUE(json()["keys"][std::size_t{0}]["revoked"].is_int());
  EXPECT_EQ(run({"keys", "revoke", "key_none", "--data-dir", folder_}), 1);
}

TEST_F(CommandLineTest, ModelErrorsSayWhatToDo) {
  EXPECT_EQ(run({"models", "list", "--chat-model", "/none.gguf", "--data-dir", folder_}), 0);
  EXPECT_THAT(out_, HasSubstr("models add"));
  EXPECT_EQ(run({"models", "add", "/none.gguf", "--data-dir", folder_}), 1);
  EXPECT_THAT(err_, HasSubstr("/none.gguf"));
  EXPECT_EQ(run({"models", "remove", "x", "--data-dir", folder_}), 1);
  EXPECT_THAT(err_, HasSubstr("there is no model \"x\""));
}

TEST_F(CommandLineTest, AnOpenServerNeedsAKey) {
  EXPECT_EQ(run({"serve", "--listen", "0.0.0.0:0", "--data-dir", folder_, "--log-level", "off"}),
            1);
  EXPECT_THAT(err_, HasSubstr("diptych keys create"));
}

TEST(Report, ShowsSizesAndTimesForPeople) {
  EXPECT_EQ(human_size(1023), "1023 B");
  EXPECT_EQ(human_size(std::uint64_t{96} << 20), "96.0 MiB");
  EXPECT_EQ(human_time(0), "1970-01-01 00:00");
}

TEST(ProgressLine, FillsUp) {
  EXPECT_EQ(progress_line("x", 0, 4), "x [    ]   0 %");
  EXPECT_EQ(progress_line("x", 0.5, 4), "x [==  ]  50 %");
  EXPECT_EQ(progress_line("x", 2, 4), "x [====] 100 %");
}

}  // namespace
}  // namespace diptych
