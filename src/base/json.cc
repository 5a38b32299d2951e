#include "base/json.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"

namespace diptych {
namespace {

template <class Object>
auto find_member(Object& object, std::string_view name) {
  return std::ranges::find(object, name, &Json::Member::name);
}

const Json& null_json() {
  static const Json null;
  return null;
}

}  // namespace

Json::Json(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    value_ = static_cast<std::int64_t>(value);
  } else {
    value_ = static_cast<double>(value);
  }
}

Json::Json(Array value) : value_(std::move(value)) {}
Json::Json(Object value) : value_(std::move(value)) {}

Json Json::object(std::initializer_list<Member> members) { return Object(members); }
Json Json::array(std::initializer_list<Json> items) { return Array(items); }

std::string_view Json::kind() const {
  constexpr std::array<std::string_view, 7> kKinds = {"null",   "boolean", "integer", "number",
                                                      "string", "array",   "object"};
  return kKinds[value_.index()];
}

bool Json::as_bool() const {
  CHECK(is_bool());
  return *std::get_if<bool>(&value_);
}

std::int64_t Json::as_int() const {
  CHECK(is_int());
  return *std::get_if<std::int64_t>(&value_);
}

double Json::as_double() const {
  CHECK(is_number());
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) {
    return static_cast<double>(*integer);
  }
  return *std::get_if<double>(&value_);
}

const std::string& Json::as_string() const {
  CHECK(is_string());
  return *std::get_if<std::string>(&value_);
}

const Json::Array& Json::as_array() const {
  CHECK(is_array());
  return *std::get_if<Array>(&value_);
}

Json::Array& Json::as_array() {
  CHECK(is_array());
  return *std::get_if<Array>(&value_);
}

const Json::Object& Json::as_object() const {
  CHECK(is_object());
  return *std::get_if<Object>(&value_);
}

Json::Object& Json::as_object() {
  CHECK(is_object());
  return *std::get_if<Object>(&value_);
}

const Json* Json::find(std::string_view name) const {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  const auto member = find_member(*object, name);
  return member == object->end() ? nullptr : &member->value;
}

Json* Json::find(std::string_view name) {
  return const_cast<Json*>(std::as_const(*this).find(name));
}

const Json& Json::operator[](std::string_view name) const {
  const Json* found = find(name);
  return found == nullptr ? null_json() : *found;
}

const Json& Json::operator[](std::size_t index) const {
  const Array& items = as_array();
  CHECK(index < items.size());
  return items[index];
}

Json& Json::set(std::string_view name, Json value) {
  if (Json* found = find(name)) {
    *found = std::move(value);
    return *found;
  }
  Object& members = as_object();
  members.push_back({std::string(name), std::move(value)});
  return members.back().value;
}

void Json::erase(std::string_view name) {
  Object& members = as_object();
  const auto member = find_member(members, name);
  if (member != members.end()) members.erase(member);
}

void Json::push_back(Json value) { as_array().push_back(std::move(value)); }

}  // namespace diptych
