#include <algorithm>
#include <utility>

#include "formats/infotext.h"
#include "formats/infotext/layout.h"
#include "formats/infotext/parameter_line.h"

namespace diptych {
namespace {

constexpr std::size_t kParametersMin = 3;  // fewer in the last line, and it is prompt

std::string_view strip(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// A JSON string, in which line breaks may stand as they are. Left alone if it is none.
std::string unquoted(std::string_view value) {
  if (value.size() < 2 || !value.starts_with('"') || !value.ends_with('"')) {
    return std::string(value);
  }
  std::string json;
  for (const char c : value) {
    if (c == '\n') {
      json += "\\n";
    } else {
      json += c;
    }
  }
  const auto text = parse_json(json);
  return text && text->is_string() ? text->as_string() : std::string(value);
}

std::vector<InfotextEntry> read_parameters(std::string_view line) {
  Infotext infotext;
  for (const auto& [key, value] : scan_parameters(line)) {
    if (!value.empty()) infotext.set(key, unquoted(value));
  }
  return std::move(infotext.parameters);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

bool is_parameter_line(std::string_view line) {
  const std::size_t count = scan_parameters(line).size();
  return count >= kParametersMin || (count >= 1 && line.starts_with(kFirstParameter));
}

// The text from `line` to the end.
std::string_view from_line(std::string_view text, std::string_view line) {
  return text.substr(static_cast<std::size_t>(line.data() - text.data()));
}

bool has_odd_quotes(std::string_view line) {
  bool odd = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      odd = !odd;
    }
  }
  return odd;
}

// Where the parameters begin: the last line, or the last one with "Steps: " when a quoted value is
// broken over lines. The number of lines when there are none.
std::size_t find_parameters(std::string_view text, const std::vector<std::string_view>& lines) {
  const std::size_t last = lines.size() - 1;
  if (has_odd_quotes(lines[last])) {
    for (std::size_t i = last; i-- > 0;) {
      if (lines[i].starts_with(kFirstParameter) && has_odd_quotes(lines[i])) {
        if (!has_odd_quotes(from_line(text, lines[i]))) return i;
        break;
      }
    }
  }
  return is_parameter_line(lines[last]) ? last : lines.size();
}

void append_line(std::string& text, std::string_view line) {
  if (!text.empty()) text += '\n';
  text += line;
}

// SD.Next writes prompts before expansion as lines; we keep them as parameters.
bool take_template(Infotext& infotext, std::string_view line) {
  for (const auto& [mark, key] :
       {std::pair(kTemplateMark, std::string_view("Template")),
        std::pair(kNegativeTemplateMark, std::string_view("Negative Template"))}) {
    if (!line.starts_with(mark)) continue;
    infotext.set(key, std::string(strip(line.substr(mark.size()))));
    return true;
  }
  return false;
}

}  // namespace

Infotext parse_infotext(std::string_view text) {
  text = strip(text);
  const std::vector<std::string_view> lines = lines_of(text);
  const std::size_t parameters = find_parameters(text, lines);
  Infotext infotext;
  if (parameters < lines.size())
    infotext.parameters = read_parameters(from_line(text, lines[parameters]));
  const std::string* program = infotext.find("App");
  const bool may_have_templates = program && program->starts_with("SD.Next");
  bool in_negative = false;
  for (std::size_t i = 0; i < parameters; ++i) {
    std::string_view line = strip(lines[i]);
    if (may_have_templates && take_template(infotext, line)) continue;
    if (line.starts_with(kNegativeMark)) {
      in_negative = true;
      line = strip(line.substr(kNegativeMark.size()));
    }
    append_line(in_negative ? infotext.negative : infotext.prompt, line);
  }
  return infotext;
}

}  // namespace diptych
