// The configuration file: any text is applied or refused with words that name the place, and what was applied can be
// written and read again.

#include "base/config.h"

#include "base/check.h"
#include "fuzz_target.h"

namespace {

using namespace diptych;

struct Settings {
  std::string listen = "127.0.0.1:8080";
  Path folder;
  bool strict = false;
  int slots = 16;
  double share = 0.5;
  std::size_t bytes = 1 << 20;
  std::chrono::milliseconds wait{10'000};
  std::string level = "info";
};

ConfigTable table_of(Settings& settings) {
  return ConfigTable({
      {"server.listen", "--listen", &settings.listen, "Address."},
      {"server.wait", "--wait", &settings.wait, "Time.", 0, 3600},
      {"text.slots", "--slots", &settings.slots, "Count.", 1, 256},
      {"text.share", "--share", &settings.share, "Share.", 0, 1},
      {"text.bytes", "--bytes", ByteCount{&settings.bytes}, "Size.", 1024, 1 << 30},
      {"text.strict", "--strict", &settings.strict, "Choice."},
      {"data.folder", "--folder", &settings.folder, "Folder."},
      {"log.level", "--level", &settings.level, "Level.", 0, 0, {"info", "debug"}},
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Settings settings;
  ConfigTable table = table_of(settings);
  const auto applied = apply_toml(table, as_text(data, size), "diptych.toml");
  if (!applied) {
    CHECK(applied.error().code == ErrorCode::kInvalidArgument);
    CHECK(applied.error().message.find("diptych.toml") != std::string::npos);
    return 0;
  }
  CHECK(settings.slots >= 1 && settings.slots <= 256);
  CHECK(settings.share >= 0 && settings.share <= 1);
  CHECK(settings.bytes >= 1024 && settings.bytes <= 1 << 30);
  for (const ConfigRow& row : table.rows()) {
    const std::string text = current_text(row);
    CHECK(table.apply({.name = std::string(row.name), .text = text, .source = "again"}).has_value());
    CHECK(current_text(row) == text);
  }
  return 0;
}
