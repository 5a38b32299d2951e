#include "base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace diptych {
namespace {

using ::testing::HasSubstr;

struct Options {
  std::string listen = "127.0.0.1:8080";
  std::string level = "info";
  Path folder = "/tmp";
  bool strict = false;
  int slots = 16;
  double share = 0.5;
  std::size_t bytes = std::size_t{256} << 20;
  std::chrono::milliseconds idle{75'000};
  Duration wait = std::chrono::seconds(10);

  ConfigTable table() {
    return ConfigTable({
        {.name = "server.listen", .flag = "--listen", .target = &listen, .doc = "Where to listen."},
        {.name = "log.level",
         .flag = "--log-level",
         .target = &level,
         .doc = "How much to log.",
         .choices = {"info", "off"}},
        {.name = "data.folder", .flag = "--data-dir", .target = &folder, .doc = "Where."},
        {.name = "server.strict", .flag = "--strict", .target = &strict, .doc = "Strict."},
        {.name = "text.max_slots",
         .flag = "--max-slots",
         .target = &slots,
         .doc = "Slots.",
         .min = 1,
         .max = 64},
        {.name = "text.share",
         .flag = "--share",
         .target = &share,
         .doc = "Share.",
         .min = 0,
         .max = 1},
        {.name = "text.bytes",
         .flag = "--bytes",
         .target = ByteCount{&bytes},
         .doc = "Bytes.",
         .min = 1024},
        {.name = "server.idle", .flag = "--idle", .target = &idle, .doc = "Idle.", .min = 0.001},
        {.name = "api.wait", .flag = "--wait", .target = &wait, .doc = "Wait.", .max = 3600},
    });
  }
};

ConfigSetting flag(std::string name, std::string text) {
  return {.name = std::move(name), .text = std::move(text), .source = "a flag"};
}

TEST(ConfigTable, ReadsEveryType) {
  Options options;
  ConfigTable table = options.table();
  ASSERT_TRUE(table.apply(flag("server.listen", "[::1]:0")));
  ASSERT_TRUE(table.apply(flag("log.level", "off")));
  ASSERT_TRUE(table.apply(flag("data.folder", "/var/x")));
  ASSERT_TRUE(table.apply(flag("server.strict", "true")));
  ASSERT_TRUE(table.apply(flag("text.max_slots", "4")));
  ASSERT_TRUE(table.apply(flag("text.share", "0.25")));
  ASSERT_TRUE(table.apply(flag("text.bytes", "1.5 GiB")));
  ASSERT_TRUE(table.apply(flag("server.idle", "250ms")));
  ASSERT_TRUE(table.apply(flag("api.wait", "2m")));
  EXPECT_EQ(options.listen, "[::1]:0");
  EXPECT_EQ(options.level, "off");
  EXPECT_EQ(options.folder, "/var/x");
  EXPECT_TRUE(options.strict);
  EXPECT_EQ(options.slots, 4);
  EXPECT_EQ(options.share, 0.25);
  EXPECT_EQ(options.bytes, std::size_t{3} << 29);
  EXPECT_EQ(options.idle, std::chrono::milliseconds(250));
  EXPECT_EQ(options.wait, std::chrono::minutes(2));
}

TEST(ConfigTable, LaterLayersWinAndTheSourceIsKnown) {
  Options options;
  ConfigTable table = options.table();
  EXPECT_EQ(table.source_of("text.max_slots"), "default");
  ASSERT_TRUE(apply_toml(table, "[text]\nmax_slots = 2\nshare = 0.75\n", "a.toml"));
  EXPECT_EQ(options.slots, 2);
  const std::map<std::string, std::string> environment = {{"DIPTYCH_MAX_SLOTS", "3"}};
  ASSERT_TRUE(apply_environment(table, [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  }));
  EXPECT_EQ(options.slots, 3);
  EXPECT_EQ(table.source_of("text.max_slots"), "DIPTYCH_MAX_SLOTS");
  EXPECT_EQ(table.source_of("text.share"), "a.toml line 3");
  ASSERT_TRUE(table.apply(flag("text.max_slots", "4")));
  EXPECT_EQ(options.slots, 4);
  EXPECT_EQ(table.default_of("text.max_slots"), "16");
}

TEST(ConfigTable, RefusesBadValuesByNameValueLimitAndSourceAndKeepsTheOld) {
  struct Bad {
    std::string name, text;
    std::vector<std::string> words;
  };
  const Bad bad[] = {
      {"text.max_slots", "0", {"a flag", "text.max_slots", "\"0\"", "1 to 64"}},
      {"text.max_slots", "65", {"1 to 64"}},
      {"text.max_slots", "4x", {"an integer"}},
      {"text.max_slots", "4.5", {"an integer"}},
      {"text.max_slots", "99999999999", {"an integer"}},
      {"text.max_slots", "", {"an integer"}},
      {"text.share", "nan", {"0 to 1"}},
      {"text.share", "x", {"a number"}},
      {"text.bytes", "1000", {"1KiB or more"}},
      {"text.bytes", "1 parsec", {"256MiB"}},
      {"text.bytes", "-1", {"size"}},
      {"server.idle", "10", {"500ms"}},
      {"server.idle", "0s", {"1ms or more"}},
      {"api.wait", "2h", {"1h or less"}},
      {"server.strict", "yes", {"true or false"}},
      {"log.level", "loud", {"one of info, off"}},
  };
  for (const Bad& b : bad) {
    Options options;
    ConfigTable table = options.table();
    const Status status = table.apply(flag(b.name, b.text));
    ASSERT_FALSE(status) << b.name << " " << b.text;
    EXPECT_EQ(status.error().param, b.name);
    for (const auto& word : b.words) EXPECT_THAT(status.error().message, HasSubstr(word));
    for (const ConfigRow& row : table.rows())
      EXPECT_EQ(current_text(row), table.default_of(row.name));
  }
}

TEST(ApplyToml, RefusesUnknownKeysWrongTypesAndBrokenFiles) {
  struct Bad {
    std::string toml;
    std::vector<std::string> words;
  };
  const Bad bad[] = {
      {"[text]\nmax_slot = 2",
       {"a.toml line 2", "\"text.max_slot\"", "did you mean \"text.max_slots\""}},
      {"zzzzzzzzzzzz = 1", {"no option \"zzzzzzzzzzzz\""}},
      {"[text]\nmax_slots = \"2\"", {"a.toml line 2", "written as integer"}},
      {"[server]\nlisten = 8080", {"written as text"}},
      {"[server]\nidle = 10", {"server.idle"}},
      {"[server]\nlisten = [1]", {"must be text, a number or a boolean"}},
      {"[sever]\n", {"a.toml line 1", "no section \"sever\""}},
      {"[text.more]\nx = 1", {"no section \"text.more\""}},
      {"[server\nlisten", {"a.toml line 1"}},
      {"a = 1\na = 2", {"a.toml line 2"}},
  };
  for (const Bad& b : bad) {
    Options options;
    ConfigTable table = options.table();
    const Status status = apply_toml(table, b.toml, "a.toml");
    ASSERT_FALSE(status) << b.toml;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    for (const auto& word : b.words) EXPECT_THAT(status.error().message, HasSubstr(word));
    EXPECT_EQ(options.slots, 16);
  }
}

TEST(Describe, ShowsEveryRow) {
  Options options;
  const ConfigTable table = options.table();
  const std::string markdown = describe_markdown(table);
  EXPECT_THAT(markdown,
              HasSubstr("| `text.max_slots` | `--max-slots` | `DIPTYCH_MAX_SLOTS` | integer | "
                        "`16` | 1 to 64 | Slots. |"));
  EXPECT_THAT(markdown, HasSubstr("`256MiB`"));
  EXPECT_THAT(markdown, HasSubstr("`75s`"));
  const Json json = describe_json(table);
  ASSERT_EQ(json.as_array().size(), table.rows().size());
  EXPECT_EQ(json[std::size_t{4}]["environment"].as_string(), "DIPTYCH_MAX_SLOTS");
}

}  // namespace
}  // namespace diptych
