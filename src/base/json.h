#pragma once
// JSON values: objects keep their order, integers stay exact. Parsing is strict RFC 8259 (by
// Boost.JSON, in json_parse.cc only).

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace diptych {

class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;  // in document order; names are unique after parse()

  Json() = default;  // null
  Json(std::nullptr_t);
  Json(bool value);
  Json(int value);
  Json(unsigned value);
  Json(std::int64_t value);
  Json(std::uint64_t value);  // above int64's range: becomes a double
  Json(double value);
  Json(const char* value);
  Json(std::string_view value);
  Json(std::string value);
  Json(Array value);
  Json(Object value);

  // Json::object({{"role", "assistant"}, {"content", nullptr}}), Json::array({1, 2})
  static Json object(std::initializer_list<Member> members = {});
  static Json array(std::initializer_list<Json> items = {});

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  std::string_view kind()
      const;  // "null", "boolean", "integer", "number", "string", "array", "object"

  // Each CHECKs the kind: look before you leap.
  bool as_bool() const;
  std::int64_t as_int() const;
  double as_double() const;  // any number
  const std::string& as_string() const;
  const Array& as_array() const;
  Array& as_array();
  const Object& as_object() const;
  Object& as_object();

  const Json* find(std::string_view name) const;  // nullptr unless this is an object that has it
  Json* find(std::string_view name);
  const Json& operator[](std::string_view name) const;  // null when missing
  const Json& operator[](std::size_t index) const;      // array item; CHECKs the range
  Json& set(std::string_view name,
            Json value);  // object: adds or replaces, keeps order; returns the stored value
  void erase(std::string_view name);
  void push_back(Json value);

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct Json::Member {
  std::string name;
  Json value;
  friend bool operator==(const Member&, const Member&) = default;
};

// Below Member, because each may destroy an Object and needs its items complete.
inline Json::Json(std::nullptr_t) {}
inline Json::Json(bool value) : value_(value) {}
inline Json::Json(int value) : value_(std::int64_t{value}) {}
inline Json::Json(unsigned value) : value_(std::int64_t{value}) {}
inline Json::Json(std::int64_t value) : value_(value) {}
inline Json::Json(double value) : value_(value) {}
inline Json::Json(const char* value) : value_(std::string(value)) {}
inline Json::Json(std::string_view value) : value_(std::string(value)) {}
inline Json::Json(std::string value) : value_(std::move(value)) {}

struct JsonLimits {
  std::size_t depth_max = 64;
  std::size_t bytes_max = std::size_t{256} << 20;
  std::size_t values_max = static_cast<std::size_t>(-1);  // numbers, strings, arrays, …: in memory
                                                          // a small one is many times its text
};

// Errors (kInvalidArgument) say what and at which byte offset. Duplicate names, bad UTF-8, trailing
// text, depth: errors. Numbers that do not fit int64 become doubles; a number beyond double's range
// is an error.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

std::string dump_json(
    const Json& value);  // one line, no spaces; doubles in shortest round-trip form; valid UTF-8 is
                         // kept as is, other bytes become U+FFFD
std::string dump_json_pretty(const Json& value);  // two-space indent, newline at the end
void append_json_string(std::string& out, std::string_view text);  // quoted and escaped

}  // namespace diptych
