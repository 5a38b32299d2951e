#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "app/config.h"
#include "app/listen_address.h"
#include "base/rng.h"

namespace diptych {
namespace {

using ::testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() { std::filesystem::create_directories(home_ / "config/diptych"); }
  ~ConfigTest() override { std::filesystem::remove_all(home_); }

  Environment environment() const {
    return [this](const char* name) -> const char* {
      const auto found = variables_.find(name);
      return found == variables_.end() ? nullptr : found->second.c_str();
    };
  }
  void write_config(const std::string& toml) const {
    ASSERT_TRUE(write_file_atomically(home_ / "config/diptych/diptych.toml", toml));
  }
  Status load(const std::vector<ConfigSetting>& flags = {}) {
    config_ = default_config(environment());
    ConfigTable table = make_config_table(config_);
    return load_config(config_, table, file_, environment(), flags);
  }

  const Path home_ = std::filesystem::temp_directory_path() / random_id("diptych-config-test-");
  std::map<std::string, std::string> variables_ = {
      {"HOME", home_.string()}, {"XDG_CONFIG_HOME", (home_ / "config").string()}};
  Path file_;
  AppConfig config_;
};

// A value other than the default, that the row accepts.
std::string other_value(const ConfigRow& row, std::string_view current) {
  if (!row.choices.empty()) return std::string(row.choices.front());
  const std::string_view type = type_name(row);
  if (type == "text" || type == "path") return "other";
  if (type == "boolean") return current == "true" ? "false" : "true";
  if (type == "time") return "59s";
  if (type == "size") return "3MiB";
  const int number = row.min > 7 ? static_cast<int>(row.min) : 7;  // an integer within the limits
  return std::to_string(current == std::to_string(number) ? number + 1 : number);
}

TEST_F(ConfigTest, EveryRowSetsAMemberOfItsOwn) {
  AppConfig config;
  ConfigTable table = make_config_table(config);
  std::set<std::string> variables;
  for (const ConfigRow& row : table.rows()) {
    EXPECT_TRUE(variables.insert(environment_name(row)).second) << row.name;
    EXPECT_TRUE(row.flag.starts_with("--")) << row.name;
    EXPECT_TRUE(row.doc.ends_with('.')) << row.name;
    std::map<std::string_view, std::string> before;
    for (const ConfigRow& other : table.rows()) before[other.name] = current_text(other);
    const std::string value = other_value(row, before[row.name]);
    const Status status =
        table.apply({.name = std::string(row.name), .text = value, .source = "test"});
    ASSERT_TRUE(status) << status.error().message;
    for (const ConfigRow& other : table.rows()) {
      EXPECT_EQ(current_text(other) != before[other.name], other.name == row.name)
          << row.name << " and " << other.name;
    }
  }
}

TEST_F(ConfigTest, DefaultsAreWithinTheirOwnLimits) {
  AppConfig config = default_config(environment());
  ConfigTable table = make_config_table(config);
  for (const ConfigRow& row : table.rows()) {
    const Status status = table.apply({.name = std::string(row.name),
                                       .text = std::string(table.default_of(row.name)),
                                       .source = "test"});
    EXPECT_TRUE(status) << status.error().message;
    EXPECT_EQ(current_text(row), table.default_of(row.name)) << row.name;
  }
}

TEST_F(ConfigTest, FlagsBeatEnvironmentBeatsFileBeatsDefault) {
  ASSERT_TRUE(load());
  EXPECT_EQ(config_.scheduler.slots_max, 16);
  EXPECT_EQ(config_.data_dir, home_ / ".local/share/diptych");
  write_config("[text]\nslots_max = 2\nqueued_max = 5\n[data]\nfolder = \"/d\"\n");
  ASSERT_TRUE(load());
  EXPECT_EQ(config_.scheduler.slots_max, 2);
  EXPECT_EQ(config_.data_dir, "/d");
  EXPECT_EQ(config_.models_folder(), "/d/models");
  variables_["DIPTYCH_MAX_SLOTS"] = "3";
  ASSERT_TRUE(load());
  EXPECT_EQ(config_.scheduler.slots_max, 3);
  EXPECT_EQ(config_.scheduler.queued_max, 5);
  ASSERT_TRUE(load({{.name = "text.slots_max", .text = "4", .source = "--max-slots"}}));
  EXPECT_EQ(config_.scheduler.slots_max, 4);
}

TEST_F(ConfigTest, AnExplicitFileMustExistAndReplacesTheStandardOne) {
  write_config("[text]\nslots_max = 2\n");
  file_ = home_ / "mine.toml";
  EXPECT_EQ(load().error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(write_file_atomically(file_, "[text]\nqueued_max = 5\n"));
  ASSERT_TRUE(load());
  EXPECT_EQ(config_.scheduler.slots_max, 16);
  EXPECT_EQ(config_.scheduler.queued_max, 5);
}

TEST_F(ConfigTest, AnyAddressThatIsNotLoopbackNeedsKeys) {
  variables_["DIPTYCH_LISTEN"] = "127.0.0.1:1";
  ASSERT_TRUE(load());
  EXPECT_FALSE(config_.server.require_key);
  variables_["DIPTYCH_LISTEN"] = "0.0.0.0:1";
  ASSERT_TRUE(load());
  EXPECT_TRUE(config_.server.require_key);
  ASSERT_TRUE(load({{.name = "server.require_key", .text = "false", .source = "--require-key"}}));
  EXPECT_TRUE(config_.server.require_key);
}

TEST_F(ConfigTest, RefusesAnAddressThatIsNone) {
  variables_["DIPTYCH_LISTEN"] = "nowhere";
  EXPECT_EQ(load().error().param, "server.listen");
}

TEST_F(ConfigTest, TlsNeedsBothFiles) {
  variables_["DIPTYCH_TLS_KEY"] = "k.pem";
  EXPECT_THAT(load().error().message, HasSubstr("set both or none"));
  variables_["DIPTYCH_TLS_CERTIFICATE"] = "c.pem";
  EXPECT_TRUE(load());
}

TEST(ReachOf, KnowsTheWaysToWriteLoopback) {
  for (const auto* address : {"127.0.0.1:80", "127.9.9.9:0", "[::1]:80", "localhost:80"}) {
    EXPECT_EQ(*reach_of(address), Reach::kThisMachine) << address;
  }
  for (const auto* address :
       {"0.0.0.0:80", "[::]:80", "192.168.1.2:80", "128.0.0.1:80", ":80", "localhost.example:80",
        "127.0.0.1.example:80", "[::ffff:1.2.3.4]:80"}) {
    EXPECT_EQ(*reach_of(address), Reach::kNetwork) << address;
  }
  EXPECT_EQ(reach_of("nowhere").error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace diptych
