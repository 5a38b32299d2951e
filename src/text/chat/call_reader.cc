#include "text/chat/call_reader.h"

#include "base/json.h"

namespace diptych {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// A cursor over text that may stop anywhere: every step says match, mismatch, or the text ended
// first.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  HeadMatch expect(char c) {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ == text_.size()) return HeadMatch::kNeedsMore;
    if (text_[at_] != c) return HeadMatch::kOther;
    ++at_;
    return HeadMatch::kMatch;
  }

  HeadMatch read_string(std::string* value) {
    if (const HeadMatch quote = expect('"'); quote != HeadMatch::kMatch) return quote;
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    if (at_ >= text_.size()) return HeadMatch::kNeedsMore;
    ++at_;
    const auto parsed = parse_json(text_.substr(begin - 1, at_ - begin + 1));
    if (!parsed) return HeadMatch::kOther;
    *value = parsed->as_string();
    return HeadMatch::kMatch;
  }

  std::size_t at() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

HeadMatch read_key(Cursor& cursor, std::initializer_list<std::string_view> names) {
  std::string key;
  if (const HeadMatch m = cursor.read_string(&key); m != HeadMatch::kMatch) return m;
  for (const std::string_view name : names)
    if (key == name) return cursor.expect(':');
  return HeadMatch::kOther;
}

}  // namespace

std::size_t JsonExtent::scan(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (closed_) return i;
    const char c = text[i];
    if (escaped_) {
      escaped_ = false;
    } else if (in_string_) {
      if (c == '\\') escaped_ = true;
      if (c == '"') in_string_ = false;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      closed_ = --depth_ <= 0;
    }
  }
  return text.size();
}

HeadMatch match_call_head(std::string_view text, CallHead* head) {
  Cursor cursor(text);
  HeadMatch m = cursor.expect('{');
  if (m == HeadMatch::kMatch) m = read_key(cursor, {"name"});
  if (m == HeadMatch::kMatch) m = cursor.read_string(&head->name);
  if (m == HeadMatch::kMatch) m = cursor.expect(',');
  if (m == HeadMatch::kMatch) m = read_key(cursor, {"arguments", "parameters"});
  if (m == HeadMatch::kMatch) m = cursor.expect('{');
  if (m != HeadMatch::kMatch) return m;
  head->arguments_at = cursor.at() - 1;
  // An object that does not go on with a key or its end is malformed from the start: do not
  // announce it.
  m = cursor.expect('"');
  return m == HeadMatch::kOther ? cursor.expect('}') : m;
}

bool parse_whole_call(std::string_view object, WholeCall* call) {
  const auto parsed = parse_json(object);
  if (!parsed || !(*parsed)["name"].is_string()) return false;
  call->name = (*parsed)["name"].as_string();
  const Json* arguments = parsed->find("arguments");
  if (arguments == nullptr) arguments = parsed->find("parameters");
  if (arguments == nullptr || arguments->is_null()) {
    call->arguments = "{}";
    return true;
  }
  if (arguments->is_object()) {
    call->arguments = dump_json(*arguments);
    return true;
  }
  if (!arguments->is_string()) return false;
  const auto inner = parse_json(arguments->as_string());
  if (!inner || !inner->is_object()) return false;
  call->arguments = arguments->as_string();
  return true;
}

}  // namespace diptych
