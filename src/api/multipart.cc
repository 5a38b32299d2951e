#include "api/multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/unicode.h"

namespace diptych {
namespace {

using std::string_view;

constexpr std::size_t kBoundaryMax = 70;  // RFC 2046, 5.1.1
constexpr string_view kFormData = "multipart/form-data";
constexpr string_view kLineEnd = "\r\n";

std::unexpected<Error> malformed(string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("The form cannot be read: {}.", what));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool equal_ignoring_case(string_view a, string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

string_view trimmed(string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// The part before the first `separator`; `rest` becomes what follows it.
string_view take_until(string_view& rest, string_view separator) {
  const std::size_t end = rest.find(separator);
  const string_view front = rest.substr(0, end);
  rest.remove_prefix(end == string_view::npos ? rest.size() : end + separator.size());
  return front;
}

// --- header parameters: ; name="form value"
// -------------------------------------------------------

struct Parameter {
  string_view name;
  std::string value;
};

// Browsers write %22, %0D and %0A in names (WHATWG's form encoding); older programs a backslash.
std::optional<std::string> take_quoted(string_view& rest) {
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    const bool escaped =
        c == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\');
    value += escaped ? rest[++i] : c;
  }
  return std::nullopt;
}

// `rest` begins at a ';' or is empty.
Result<std::vector<Parameter>> parse_parameters(string_view rest) {
  std::vector<Parameter> parameters;
  while (!(rest = trimmed(rest)).empty()) {
    if (!rest.starts_with(';')) return malformed("a header's parameters need a ';' between them");
    rest = trimmed(rest.substr(1));
    if (rest.empty()) break;
    const std::size_t equals = rest.find('=');
    if (equals == string_view::npos) return malformed("a header's parameter has no value");
    Parameter parameter{.name = trimmed(rest.substr(0, equals)), .value = {}};
    rest.remove_prefix(equals + 1);
    if (rest.starts_with('"')) {
      auto value = take_quoted(rest);
      if (!value) return malformed("a quoted value does not end");
      parameter.value = std::move(*value);
    } else {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      parameter.value = trimmed(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    const bool repeated = std::ranges::any_of(parameters, [&](const Parameter& other) {
      return equal_ignoring_case(other.name, parameter.name);
    });
    if (repeated) return malformed(fmt::format("'{}' stands twice in a header", parameter.name));
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

const std::string* find_parameter(const std::vector<Parameter>& parameters, string_view name) {
  const auto found = std::ranges::find_if(parameters, [&](const Parameter& parameter) {
    return equal_ignoring_case(parameter.name, name);
  });
  return found == parameters.end() ? nullptr : &found->value;
}

// --- one part -----------------------------------------------------------------------------------

std::string last_component(string_view path) {
  return std::string(path.substr(path.find_last_of("/\\") + 1));
}

Status read_disposition(string_view value, FormPart& part) {
  const string_view kind = trimmed(value.substr(0, value.find(';')));
  if (!equal_ignoring_case(kind, "form-data"))
    return malformed("a part's Content-Disposition is not form-data");
  TRY(const auto parameters,
      parse_parameters(value.substr(std::min(value.find(';'), value.size()))));
  if (find_parameter(parameters, "filename*"))
    return malformed("filename* does not belong in a form");  // RFC 7578, 4.2
  const std::string* name = find_parameter(parameters, "name");
  if (name == nullptr || name->empty()) return malformed("a part has no name");
  if (!is_valid_utf8(*name)) return malformed("a part's name is not UTF-8");
  part.name = *name;
  if (const std::string* filename = find_parameter(parameters, "filename")) {
    if (!is_valid_utf8(*filename)) return malformed("a file's name is not UTF-8");
    part.is_file = true;
    part.filename = last_component(*filename);
  }
  return {};
}

Status read_header(string_view line, FormPart& part) {
  const std::size_t colon = line.find(':');
  if (colon == string_view::npos || colon == 0) return malformed("a part's header has no name");
  const string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
  if (equal_ignoring_case(name, "content-disposition")) {
    if (!part.name.empty()) return malformed("a part has two Content-Disposition headers");
    return read_disposition(value, part);
  }
  if (equal_ignoring_case(name, "content-type")) {
    part.type = value;
  } else if (equal_ignoring_case(name, "content-transfer-encoding")) {
    if (!equal_ignoring_case(value, "binary") && !equal_ignoring_case(value, "8bit") &&
        !equal_ignoring_case(value, "7bit"))
      return malformed(fmt::format("Content-Transfer-Encoding '{}' is not supported", value));
  }
  return {};
}

Result<FormPart> read_part(string_view text, const FormLimits& limits) {
  // Headers end at an empty line, which may be the first.
  const string_view head = text.substr(0, limits.header_bytes_max + 4);
  const std::size_t end = head.starts_with(kLineEnd) ? 0 : head.find("\r\n\r\n");
  if (end == string_view::npos)
    return malformed(
        fmt::format("a part's headers do not end within {} bytes", limits.header_bytes_max));
  FormPart part;
  part.body = text.substr(end + (end == 0 ? 2 : 4));
  for (string_view headers = text.substr(0, end); !headers.empty();)
    TRY_STATUS(read_header(take_until(headers, kLineEnd), part));
  if (part.name.empty()) return malformed("a part has no Content-Disposition");
  if (!part.is_file && part.body.size() > limits.value_bytes_max)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Invalid '{}': the text has {} bytes, at most {} are read.", part.name,
                            part.body.size(), limits.value_bytes_max),
                part.name, "string_above_max_length");
  return part;
}

// --- the body -----------------------------------------------------------------------------------

Result<std::string> boundary_of(string_view content_type) {
  const std::size_t semicolon = std::min(content_type.find(';'), content_type.size());
  TRY(const auto parameters, parse_parameters(content_type.substr(semicolon)));
  const std::string* boundary = find_parameter(parameters, "boundary");
  if (boundary == nullptr || boundary->empty() || boundary->size() > kBoundaryMax)
    return malformed(
        fmt::format("its Content-Type needs a boundary of 1 to {} bytes", kBoundaryMax));
  return *boundary;
}

// After a delimiter: only white space may stand before the end of its line. False: it is no
// delimiter, the boundary's text happens to begin a longer line.
bool ends_delimiter_line(string_view& rest) {
  string_view at = rest;
  while (at.starts_with(' ') || at.starts_with('\t')) at.remove_prefix(1);
  if (!at.starts_with(kLineEnd)) return false;
  rest = at.substr(kLineEnd.size());
  return true;
}

// --- texts as JSON ------------------------------------------------------------------------------

const Field* find_row(const BodySchema& schema, string_view name) {
  for (const FieldGroup& group : schema.groups)
    for (const Field& field : group.fields)
      if (field.name == name || std::ranges::find(field.aliases, name) != field.aliases.end())
        return &field;
  return nullptr;
}

// A text that does not read as what the row wants stays a text: the row then says so.
Json value_of(string_view text, JsonTypes types) {
  if (text.empty() && (types & kNull) && !(types & kString)) return nullptr;
  if (types & (kBool | kInteger | kNumber | kObject | kArray)) {
    auto value = parse_json(text, {.depth_max = 16});
    if (value && !value->is_string() && !value->is_null()) {
      const bool number = value->is_number() && (types & (kInteger | kNumber));
      const bool container =
          (value->is_object() && (types & kObject)) || (value->is_array() && (types & kArray));
      if (number || container || (value->is_bool() && (types & kBool))) return std::move(*value);
    }
  }
  return text;
}

}  // namespace

bool is_multipart(string_view content_type) {
  const string_view essence = trimmed(content_type.substr(0, content_type.find(';')));
  return equal_ignoring_case(essence, kFormData);
}

string_view field_of(const FormPart& part) {
  const string_view name = part.name;
  return name.ends_with("[]") ? name.substr(0, name.size() - 2) : name;
}

Result<std::vector<FormPart>> parse_multipart(string_view content_type, string_view body,
                                              const FormLimits& limits) {
  TRY(const std::string boundary, boundary_of(content_type));
  const std::string opening = "--" + boundary, delimiter = "\r\n" + opening;
  if (!body.starts_with(opening)) return malformed("it does not begin with its boundary");
  string_view rest = body.substr(opening.size());
  if (rest.starts_with("--")) return std::vector<FormPart>();
  if (!ends_delimiter_line(rest)) return malformed("its first boundary has no line end");
  std::vector<FormPart> parts;
  for (std::size_t from = 0;;) {
    const std::size_t end = rest.find(delimiter, from);
    if (end == string_view::npos) return malformed("it does not end with its boundary");
    string_view after = rest.substr(end + delimiter.size());
    const bool last = after.starts_with("--");
    if (!last && !ends_delimiter_line(after)) {
      from = end + delimiter.size();
      continue;
    }
    if (parts.size() >= limits.part_count_max)
      return malformed(fmt::format("it has more than {} parts", limits.part_count_max));
    TRY(FormPart part, read_part(rest.substr(0, end), limits));
    parts.push_back(std::move(part));
    if (last) return parts;
    rest = after;
    from = 0;
  }
}

Result<Json> form_object(std::span<const FormPart> parts, const BodySchema& schema) {
  Json object = Json::object();
  for (const FormPart& part : parts) {
    if (part.is_file) continue;
    if (!is_valid_utf8(part.body))
      return fail(ErrorCode::kInvalidArgument, fmt::format("Invalid '{}': not UTF-8.", part.name),
                  part.name, "invalid_value");
    const string_view name = field_of(part);
    const Field* row = find_row(schema, name);
    const bool item = part.name.ends_with("[]");
    Json value =
        row == nullptr ? Json(part.body) : value_of(part.body, item ? row->item_types : row->types);
    Json* earlier = object.find(name);
    if (item) {
      if (earlier == nullptr) earlier = &object.set(name, Json::array());
      if (earlier->is_array()) {
        earlier->push_back(std::move(value));
        continue;
      }
    }
    if (earlier != nullptr) return invalid_value(name, fmt::format("'{}' is given twice.", name));
    object.set(name, std::move(value));
  }
  return object;
}

}  // namespace diptych
