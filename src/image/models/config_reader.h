#pragma once
// Reads the fields of a model's config.json, each with its limits. The first thing wrong is kept,
// later reads answer their default, and finish() returns it: parsers read without error handling.

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "compute/graph/graph.h"

namespace diptych {

struct IntegerRange {
  int low = 1, high = std::numeric_limits<int>::max();
};

template <class T>
struct ConfigChoice {
  std::string_view text;
  T value;
};

// A field that is null counts as missing, as in diffusers.
class ConfigReader {
 public:
  // `config` must outlive the reader. `part` is for messages: "the UNet's config".
  ConfigReader(const Json& config, std::string_view part);

  bool has(std::string_view name);  // present and not null
  int integer(std::string_view name, int missing, IntegerRange range = {});
  float number(std::string_view name, float missing);  // finite
  bool flag(std::string_view name, bool missing);
  std::string text(std::string_view name, std::string_view missing);
  std::vector<std::string> texts(std::string_view name);
  std::vector<int> integers(std::string_view name, IntegerRange range);  // missing: empty
  std::vector<float> numbers(std::string_view name);                     // missing: empty
  // One value for all, or a list of `count`.
  std::vector<int> integer_each(std::string_view name, std::size_t count, int missing,
                                IntegerRange range);
  std::vector<bool> flag_each(std::string_view name, std::size_t count, bool missing);
  template <class T>
  T choice(std::string_view name, std::span<const ConfigChoice<T>> rows, T missing);

  // Refuses every value but this one; missing is fine.
  void only(std::string_view name, const Json& value);
  // Of training, of memory, or only for the record.
  void no_effect(std::initializer_list<std::string_view> names);
  const Json* field(std::string_view name);                 // nullptr: missing
  void fail(std::string_view name, std::string_view rule);  // "<part>: <name> is <value>; <rule>"
  bool failed() const { return !error_.message.empty(); }

  // Fields that nobody asked for and that are switched on (not null, not false) are warned about:
  // newer versions of the format may mean something by them. Names with a leading '_' are notes.
  Status finish(Warnings& warnings);

 private:
  int checked(std::string_view name, const Json& value, IntegerRange range);
  template <class T>
  std::vector<T> spread(std::string_view name, std::size_t count, std::vector<T> values);

  const Json& config_;
  std::string part_;
  std::vector<std::string> known_;
  Error error_;
};

template <class T>
T ConfigReader::choice(std::string_view name, std::span<const ConfigChoice<T>> rows, T missing) {
  const Json* value = field(name);
  if (value == nullptr) return missing;
  std::string accepted;
  for (const auto& row : rows) {
    if (value->is_string() && value->as_string() == row.text) return row.value;
    accepted += (accepted.empty() ? "" : ", ") + std::string(row.text);
  }
  fail(name, "supported are: " + accepted);
  return missing;
}

// The activations that diffusers' and transformers' configs name.
Op read_activation(ConfigReader& reader, std::string_view name, Op missing);

}  // namespace diptych
