#include <fmt/format.h>

#include <vector>

#include "formats/infotext.h"
#include "formats/infotext/layout.h"

namespace diptych {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view stripped(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Blanks around lines mean nothing, and readers drop them.
std::string with_stripped_lines(std::string_view text) {
  text = stripped(text);
  std::string out;
  while (true) {
    const std::size_t end = text.find('\n');
    out += stripped(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

bool needs_quotes(std::string_view value) {
  if (value.empty() || value.find_first_of(",:\n") != std::string_view::npos) return true;
  return value.front() == '"' || kBlanks.contains(value.front()) || kBlanks.contains(value.back());
}

std::string entry_text(const InfotextEntry& entry) {
  if (entry.key == entry.value) return entry.key;
  std::string text = entry.key + ": ";
  if (needs_quotes(entry.value)) {
    append_json_string(text, entry.value);
  } else {
    text += entry.value;
  }
  return text;
}

std::string text_of(const Infotext& infotext) {
  std::string text = infotext.prompt;
  if (!infotext.negative.empty()) text += fmt::format("\n{} {}", kNegativeMark, infotext.negative);
  std::string_view separator = "\n";
  for (const InfotextEntry& entry : infotext.parameters) {
    text += separator;
    text += entry_text(entry);
    separator = ", ";
  }
  return std::string(stripped(text));
}

void compare(std::string_view name, bool same, Warnings& warnings) {
  if (same) return;
  warnings.push_back(
      {std::string(name),
       fmt::format(
           "the layout of the infotext cannot hold this {}: a line begins with '{}', or looks like "
           "parameters, or a parameter looks like a prompt; readers will see another one",
           name, kNegativeMark)});
}

}  // namespace

WrittenInfotext write_infotext(const Infotext& infotext) {
  const Infotext plain{with_stripped_lines(infotext.prompt), with_stripped_lines(infotext.negative),
                       infotext.parameters};
  WrittenInfotext written{text_of(plain), {}};
  const Infotext read = parse_infotext(written.text);
  compare("prompt", read.prompt == plain.prompt, written.warnings);
  compare("negative prompt", read.negative == plain.negative, written.warnings);
  Infotext readable = plain;  // a key that equals its value stands alone, which readers pass over
  std::erase_if(readable.parameters,
                [](const InfotextEntry& entry) { return entry.key == entry.value; });
  compare("parameter", read.parameters == readable.parameters, written.warnings);
  return written;
}

}  // namespace diptych
