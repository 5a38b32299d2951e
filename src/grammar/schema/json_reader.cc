// Reading JSON text. Recursive, with the depth limited.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/error.h"
#include "base/unicode.h"
#include "grammar/schema/json_value.h"

namespace diptych::grammar {
namespace {

constexpr std::size_t kSmallObject = 12;  // up to here comparing names one by one is quicker

std::optional<std::string_view> repeated_name(const JsonMembers& members) {
  if (members.size() <= kSmallObject) {
    for (std::size_t i = 1; i < members.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members[i].first == members[j].first) return members[i].first;
      }
    }
    return std::nullopt;
  }
  std::unordered_set<std::string_view> seen;
  seen.reserve(members.size());
  for (const auto& [name, value] : members) {
    if (!seen.insert(name).second) return name;
  }
  return std::nullopt;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) return put(code_point);
  if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
  }
  put(0x80 | (code_point & 0x3F));
}

class Reader {
 public:
  Reader(std::string_view text, const JsonReadLimits& limits) : text_(text), limits_(limits) {}

  Compiled<JsonNode> document() {
    TRY(JsonNode root, value(0));
    skip_whitespace();
    if (position_ != text_.size()) return wrong("text after the document");
    return root;
  }

 private:
  std::unexpected<Refusal> wrong(std::string_view what) const {
    return std::unexpected(Refusal{
        .code = RefusalCode::kMalformedSchema,
        .keyword = {},
        .pointer = {},
        .message = fmt::format("not JSON: byte {}: {}", position_, what),
        .hint = {},
    });
  }
  bool at(char c) const { return position_ < text_.size() && text_[position_] == c; }
  bool take(char c) {
    if (!at(c)) return false;
    ++position_;
    return true;
  }
  void skip_whitespace() {
    while (at(' ') || at('\n') || at('\r') || at('\t')) ++position_;
  }

  Compiled<JsonNode> value(int depth) {
    skip_whitespace();
    if (position_ == text_.size()) return wrong("the text ends where a value is expected");
    switch (text_[position_]) {
      case '{':
        return object(depth + 1);
      case '[':
        return array(depth + 1);
      case '"': {
        TRY(std::string read, string());
        return JsonNode{std::move(read)};
      }
      case 't':
        return word("true", JsonNode{true});
      case 'f':
        return word("false", JsonNode{false});
      case 'n':
        return word("null", JsonNode{});
      default:
        return number();
    }
  }

  Compiled<JsonNode> word(std::string_view name, JsonNode meaning) {
    if (!text_.substr(position_).starts_with(name)) return wrong("no JSON value");
    position_ += name.size();
    return meaning;
  }

  Compiled<JsonNode> number() {
    constexpr std::string_view kNumberBytes = "0123456789+-.eE";
    const std::size_t end =
        std::min(text_.find_first_not_of(kNumberBytes, position_), text_.size());
    const std::string_view spelling = text_.substr(position_, end - position_);
    if (spelling.empty()) return wrong("no JSON value");
    auto decimal = parse_decimal(spelling);
    if (!decimal) {
      return wrong(
          fmt::format("{:.40} is no JSON number with an exponent within ±1000000", spelling));
    }
    position_ = end;
    return JsonNode{JsonNode::Number{std::move(*decimal), std::string(spelling)}};
  }

  Compiled<JsonNode> array(int depth) {
    if (depth > limits_.depth_max) return too_deep();
    ++position_;
    std::vector<JsonNode> items;
    skip_whitespace();
    if (take(']')) return JsonNode{std::move(items)};
    while (true) {
      TRY(JsonNode item, value(depth));
      items.push_back(std::move(item));
      skip_whitespace();
      if (take(']')) return JsonNode{std::move(items)};
      if (!take(',')) return wrong("a comma or ] is expected");
    }
  }

  Compiled<JsonNode> object(int depth) {
    if (depth > limits_.depth_max) return too_deep();
    ++position_;
    JsonMembers members;
    skip_whitespace();
    bool open = !take('}');
    while (open) {
      skip_whitespace();
      if (!at('"')) return wrong("a name in quotes is expected");
      TRY(std::string name, string());
      skip_whitespace();
      if (!take(':')) return wrong("a colon is expected");
      TRY(JsonNode member, value(depth));
      members.emplace_back(std::move(name), std::move(member));
      skip_whitespace();
      open = !take('}');
      if (open && !take(',')) return wrong("a comma or } is expected");
    }
    if (const auto name = repeated_name(members)) {
      return wrong(fmt::format("the object that ends here has the name {:?} twice", *name));
    }
    return JsonNode{std::move(members)};
  }

  std::unexpected<Refusal> too_deep() const {
    auto refusal = wrong(fmt::format("nested more than {} deep", limits_.depth_max));
    refusal.error().code = RefusalCode::kSchemaTooLarge;
    return refusal;
  }

  Compiled<std::string> string() {
    ++position_;
    std::string read;
    while (true) {
      const std::size_t begin = position_;
      while (position_ < text_.size() && is_plain(text_[position_])) ++position_;
      read.append(text_, begin, position_ - begin);
      if (position_ == text_.size()) return wrong("the text ends inside a string");
      const auto byte = static_cast<unsigned char>(text_[position_]);
      if (take('"')) return read;
      if (byte < 0x20) return wrong("a control character inside a string");
      if (byte == '\\') {
        TRY_STATUS(escape(read));
      } else {
        const Utf8Step step = read_utf8(text_.substr(position_));
        if (step.kind != Utf8Kind::kValid) return wrong("not UTF-8");
        read.append(text_, position_, step.length);
        position_ += step.length;
      }
    }
  }
  static bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80 &&
           c != '"' && c != '\\';
  }

  Compiled<void> escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    ++position_;
    if (take('u')) return unicode_escape(out);
    const std::size_t which =
        position_ < text_.size() ? kNames.find(text_[position_]) : std::string_view::npos;
    if (which == std::string_view::npos) return wrong("no escape of JSON");
    ++position_;
    out += kMeanings[which];
    return {};
  }

  Compiled<void> unicode_escape(std::string& out) {
    TRY(std::uint32_t unit, four_digits());
    if (unit >= 0xDC00 && unit <= 0xDFFF) return wrong("a lone surrogate");
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      if (!take('\\') || !take('u')) return wrong("a lone surrogate");
      TRY(const std::uint32_t low, four_digits());
      if (low < 0xDC00 || low > 0xDFFF) return wrong("a lone surrogate");
      unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, unit);
    return {};
  }

  Compiled<std::uint32_t> four_digits() {
    std::uint32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++position_) {
      constexpr std::string_view kLower = "0123456789abcdef", kUpper = "0123456789ABCDEF";
      const char c = position_ < text_.size() ? text_[position_] : ' ';
      const std::size_t digit = std::min(kLower.find(c), kUpper.find(c));
      if (digit == std::string_view::npos) return wrong("\\u needs four hexadecimal digits");
      unit = unit << 4 | static_cast<std::uint32_t>(digit);
    }
    return unit;
  }

  std::string_view text_;
  const JsonReadLimits& limits_;
  std::size_t position_ = 0;
};

}  // namespace

Compiled<JsonNode> read_json(std::string_view text, const JsonReadLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return std::unexpected(Refusal{
        .code = RefusalCode::kSchemaTooLarge,
        .keyword = {},
        .pointer = {},
        .message = fmt::format("{} bytes; the limit is {}", text.size(), limits.bytes_max),
        .hint = {},
    });
  }
  return Reader(text, limits).document();
}

}  // namespace diptych::grammar
