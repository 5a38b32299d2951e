// Written for the per-token path: one pass, appends to one string, no allocation of its own.
#include <array>
#include <charconv>
#include <cmath>

#include "base/json.h"
#include "base/unicode.h"

namespace diptych {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

constexpr bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (int i = 0; i < 256; ++i) plain[static_cast<std::size_t>(i)] = is_plain(static_cast<char>(i));
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain();

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default: {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += "\\u00";
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
}

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";  // JSON has no word for it; JavaScript writes null as well
    return;
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos)
    out += ".0";  // stays a double when read again
}

class Writer {
 public:
  Writer(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

  void write(const Json& value) {
    if (value.is_null()) {
      out_ += "null";
    } else if (value.is_string()) {
      append_json_string(out_, value.as_string());
    } else if (value.is_int()) {
      append_integer(out_, value.as_int());
    } else if (value.is_number()) {
      append_double(out_, value.as_double());
    } else if (value.is_bool()) {
      out_ += value.as_bool() ? "true" : "false";
    } else if (value.is_array()) {
      write_items('[', value.as_array(), ']', [this](const Json& item) { write(item); });
    } else {
      write_items('{', value.as_object(), '}', [this](const Json::Member& member) {
        append_json_string(out_, member.name);
        out_ += pretty_ ? ": " : ":";
        write(member.value);
      });
    }
  }

 private:
  template <class Items, class WriteItem>
  void write_items(char open, const Items& items, char close, const WriteItem& write_item) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += ',';
      first = false;
      new_line();
      write_item(item);
    }
    --depth_;
    if (!first) new_line();
    out_ += close;
  }

  void new_line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  std::string& out_;
  bool pretty_;
  std::size_t depth_ = 0;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t run = i;
    while (i < text.size() && kPlain[static_cast<unsigned char>(text[i])]) ++i;
    out.append(text, run, i - run);
    if (i == text.size()) break;
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      append_escape(out, text[i++]);
      continue;
    }
    const Utf8Step step = read_utf8(text.substr(i));
    out += step.kind == Utf8Kind::kValid ? text.substr(i, step.length) : kReplacement;
    i += step.length;
  }
  out += '"';
}

std::string dump_json(const Json& value) {
  std::string out;
  Writer(out, false).write(value);
  return out;
}

std::string dump_json_pretty(const Json& value) {
  std::string out;
  Writer(out, true).write(value);
  out += '\n';
  return out;
}

}  // namespace diptych
