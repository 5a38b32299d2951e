#pragma once
// One table per request body. A row parses, validates, documents (OpenAPI) and lists (capabilities)
// one field; there is no second list of field names. Rows are type-erased so that a table costs
// data, not templates.
//
// A value passes, in this order: known name → JSON type → refused? → limits → the row's parse
// function. An error's `param` is the path as the client wrote it: messages[0].content[1].type.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace diptych {

using JsonTypes = unsigned;  // a set of the bits below
inline constexpr JsonTypes kBool = 1, kInteger = 2, kNumber = 4, kString = 8, kArray = 16,
                           kObject = 32, kNull = 64;
inline constexpr JsonTypes kAnyJson =
    kBool | kNumber | kString | kArray | kObject;  // kNumber takes integers too

struct Limits {
  double min = -std::numeric_limits<double>::infinity();  // numbers, inclusive
  double max = std::numeric_limits<double>::infinity();
  std::size_t length_min = 0;  // characters of a string, items of an array, members of an object
  std::size_t length_max = std::numeric_limits<std::size_t>::max();
};

enum class Support : std::uint8_t {
  kHonoured,
  kDescriptive,  // says something about the caller; cannot change the answer. `reason` says what
                 // becomes of it
  kIgnored,      // checked, then without effect: the answer carries a Warning with `reason`
  kRefused,      // 400 unsupported_parameter with `reason`, unless the value is `neutral`
};

struct FieldSite {  // where a value stands, and where it goes
  std::string path;
  void* request = nullptr;
  Warnings* warnings = nullptr;

  template <class T>
  T& into() const {
    return *static_cast<T*>(request);
  }
  FieldSite at(std::string_view member, void* target) const;  // path.member
  FieldSite at(std::size_t index, void* target) const;        // path[index]
  void warn(std::string message) const { warnings->push_back({path, std::move(message)}); }
};

using ParseField = Status (*)(const Json& value, const FieldSite& site);

struct BodySchema;

struct Field {
  std::string_view name, doc;
  JsonTypes types = 0;  // with kNull, null means "not given" and parse is not called
  Limits limits = {};
  JsonTypes item_types = 0;  // of array items; 0: the parse function looks at them
  std::span<const std::string_view> choices = {};  // allowed strings; empty: any
  std::span<const std::string_view> aliases = {};  // other spellings; only one may be given
  bool required = false;
  Support support = Support::kHonoured;
  std::string_view reason = {};  // for every support but kHonoured
  std::string_view neutral =
      {};  // JSON text that a refused field may still have, because it asks for nothing
  std::string_view shown_default = {};  // JSON text, for the documents
  const BodySchema* object =
      nullptr;                 // schema of the object, or of the array's items, for the documents
  ParseField parse = nullptr;  // nullptr: nothing to keep
};

// A known field that cannot be honoured. `neutral`: the value that asks for nothing, and may stay.
constexpr Field refused_field(std::string_view name, std::string_view reason,
                              std::string_view neutral = {}) {
  return {.name = name,
          .doc = reason,
          .types = kAnyJson | kNull,
          .support = Support::kRefused,
          .reason = reason,
          .neutral = neutral};
}

struct FieldGroup {  // rows shared by several requests, and which part of this request they fill
  std::span<const Field> fields;
  void* (*target)(void* request) = nullptr;  // nullptr: the request itself
};

enum class UnknownMembers : std::uint8_t {
  kRefused,
  kWarned,  // passed over, and the answer carries a Warning
};

struct BodySchema {
  std::string_view name, doc;
  std::span<const FieldGroup> groups;
  UnknownMembers unknown = UnknownMembers::kRefused;
};

// site.path is the object's own path ("" at the top), site.request the struct that the schema
// fills.
Status parse_object(const BodySchema& schema, const Json& value, const FieldSite& site);
// A body as it came: JSON errors become 400 "invalid JSON", anything but an object 400.
Status parse_body(const BodySchema& schema, std::string_view body, void* request,
                  Warnings& warnings);
// Checks one value against a row, without its parse function.
Status check_value(const Field& field, const Json& value, std::string_view path);

// The errors, in the words clients of OpenAI know.
std::unexpected<Error> missing_parameter(std::string_view path);
std::unexpected<Error> unknown_parameter(std::string_view path);
std::unexpected<Error> unsupported_parameter(std::string_view path, std::string_view reason);
std::unexpected<Error> unsupported_value(std::string_view path, std::string message);
std::unexpected<Error> invalid_type(std::string_view path, JsonTypes expected, const Json& got);
std::unexpected<Error> invalid_value(std::string_view path, std::string message);
std::unexpected<Error> invalid_choice(std::string_view path, std::string_view got,
                                      std::span<const std::string_view> choices);
std::unexpected<Error> integer_above_max(std::string_view path, double max, std::string_view got);

// Assignments for set_member; the row has checked type and limits before.
Status assign(bool& to, const Json& value, const FieldSite& site);
Status assign(int& to, const Json& value, const FieldSite& site);
Status assign(std::int64_t& to, const Json& value, const FieldSite& site);
Status assign(double& to, const Json& value, const FieldSite& site);
Status assign(std::string& to, const Json& value, const FieldSite& site);
Status assign(Json& to, const Json& value, const FieldSite& site);
template <class T>
Status assign(std::optional<T>& to, const Json& value, const FieldSite& site) {
  return assign(to.emplace(), value, site);
}

// The parse function of a row that only stores: .parse = set_member<ChatBody, &ChatBody::model>
template <class Request, auto Member>
Status set_member(const Json& value, const FieldSite& site) {
  return assign(site.into<Request>().*Member, value, site);
}

// A group's target: .target = part_of<ChatBody, &ChatBody::sampling>
template <class Request, auto Member>
void* part_of(void* request) {
  return &(static_cast<Request*>(request)->*Member);
}

}  // namespace diptych
