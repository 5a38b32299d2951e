#pragma once
// Options as one table. A row names the option once and points at the member it sets; flags,
// environment variables, the TOML file, --help, docs/configuration.md and validation all read the
// row. Layers, later ones win: default (the member's value when the table is made) < file <
// environment < flags.

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace diptych {

struct ByteCount {  // "256MiB", "64 KiB", "1000"
  std::size_t* value;
};

// What an option sets. The pointer's type decides how its text is read. Durations need a unit:
// "500ms", "10s", "5m".
using ConfigTarget = std::variant<std::string*, Path*, bool*, int*, double*, ByteCount,
                                  std::chrono::milliseconds*, Duration*>;

struct ConfigRow {
  std::string_view name;  // in the file: "server.listen"
  std::string_view flag;  // "--listen"; the environment variable follows from it: DIPTYCH_LISTEN
  ConfigTarget target;
  std::string_view doc;  // one sentence
  // Numbers, bytes, and durations in seconds.
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  std::vector<std::string_view> choices = {};  // of text; empty: any
};

struct ConfigSetting {
  std::string name;  // of the row
  std::string text;
  std::string source;  // for messages: "diptych.toml line 3", "DIPTYCH_LISTEN", "--listen"
  std::optional<bool> quoted =
      {};  // in TOML: a string or a bare number or boolean; elsewhere unknown
};

class ConfigTable {  // not thread-safe; the targets must outlive it
 public:
  explicit ConfigTable(std::vector<ConfigRow> rows);

  std::span<const ConfigRow> rows() const { return rows_; }
  // Errors (kInvalidArgument, param = the name) say the option, the value, the limit and the
  // source.
  Status apply(const ConfigSetting& setting);
  std::string_view default_of(std::string_view name) const;
  std::string_view source_of(std::string_view name) const;  // "default" until something set it

 private:
  struct State {
    std::string default_text;
    std::string source = "default";
  };
  std::optional<std::size_t> index_of(std::string_view name) const;

  std::vector<ConfigRow> rows_;
  std::vector<State> states_;
};

std::string environment_name(const ConfigRow& row);  // "--max-slots" -> "DIPTYCH_MAX_SLOTS"
// Reads the rows' variables through `get`, which answers nullptr for one that is not set, as getenv
// does.
Status apply_environment(ConfigTable& table, const std::function<const char*(const char*)>& get);
// `file` is for messages. Unknown keys are errors.
Status apply_toml(ConfigTable& table, std::string_view toml, std::string_view file);

std::string_view type_name(const ConfigRow& row);     // "text", "integer", …
std::string limits_text(const ConfigRow& row);        // "1 to 64", "one of a, b"; may be empty
std::string current_text(const ConfigRow& row);       // the member's value, as it would be written
std::string describe_text(const ConfigTable& table);  // values and sources, for people
std::string describe_markdown(const ConfigTable& table);  // docs/configuration.md
Json describe_json(const ConfigTable& table);

}  // namespace diptych
