#include "grammar/schema/json_value.h"

#include <algorithm>
#include <numeric>

#include "base/json.h"

namespace diptych::grammar {
namespace {

// Names of one object in byte order: the form in which objects are compared and written out.
std::vector<std::size_t> sorted_by_name(const JsonMembers& members) {
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {},
                    [&](std::size_t i) -> const std::string& { return members[i].first; });
  return order;
}

bool same_members(const JsonMembers& a, const JsonMembers& b) {
  if (a.size() != b.size()) return false;
  const auto order_a = sorted_by_name(a), order_b = sorted_by_name(b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto& [name_a, value_a] = a[order_a[i]];
    const auto& [name_b, value_b] = b[order_b[i]];
    if (name_a != name_b || !same_value(value_a, value_b)) return false;
  }
  return true;
}

struct Writer {
  std::string out;
  bool canonical = false;

  void operator()(std::monostate) { out += "null"; }
  void operator()(bool value) { out += value ? "true" : "false"; }
  void operator()(const JsonNode::Number& number) {
    out += canonical ? to_string(number.value) : number.spelling;
  }
  void operator()(const std::string& text) { append_json_string(out, text); }
  void operator()(const std::vector<JsonNode>& items) {
    out += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ',';
      std::visit(*this, items[i].value);
    }
    out += ']';
  }
  void operator()(const JsonMembers& members) {
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (canonical) order = sorted_by_name(members);
    out += '{';
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i > 0) out += ',';
      (*this)(members[order[i]].first);
      out += ':';
      std::visit(*this, members[order[i]].second.value);
    }
    out += '}';
  }
};

}  // namespace

const JsonNode* JsonNode::find(std::string_view name) const {
  const auto* members = std::get_if<JsonMembers>(&value);
  if (members == nullptr) return nullptr;
  const auto found = std::ranges::find(*members, name, &JsonMembers::value_type::first);
  return found == members->end() ? nullptr : &found->second;
}

bool same_value(const JsonNode& a, const JsonNode& b) {
  if (a.value.index() != b.value.index()) return false;
  if (const auto* members = std::get_if<JsonMembers>(&a.value)) {
    return same_members(*members, std::get<JsonMembers>(b.value));
  }
  if (const auto* items = std::get_if<std::vector<JsonNode>>(&a.value)) {
    return std::ranges::equal(*items, std::get<std::vector<JsonNode>>(b.value), same_value);
  }
  if (const auto* number = std::get_if<JsonNode::Number>(&a.value)) {
    return number->value == std::get<JsonNode::Number>(b.value).value;
  }
  if (const auto* text = std::get_if<std::string>(&a.value)) {
    return *text == std::get<std::string>(b.value);
  }
  return !std::holds_alternative<bool>(a.value) ||
         std::get<bool>(a.value) == std::get<bool>(b.value);
}

std::string canonical_text(const JsonNode& value) {
  Writer writer{.out = {}, .canonical = true};
  std::visit(writer, value.value);
  return std::move(writer.out);
}

std::string compact_text(const JsonNode& value) {
  Writer writer{.out = {}, .canonical = false};
  std::visit(writer, value.value);
  return std::move(writer.out);
}

}  // namespace diptych::grammar
