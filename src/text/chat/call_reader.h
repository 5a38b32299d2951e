#pragma once
// Reads one {"name": …, "arguments": {…}} object while it streams in.

#include <string>
#include <string_view>
#include <vector>

namespace diptych {

// Finds where a JSON object or array ends: brackets outside strings are counted, nothing else is
// checked.
class JsonExtent {
 public:
  // Bytes of `text` that belong to the value; less than text.size() once it is closed.
  std::size_t scan(std::string_view text);
  bool closed() const { return closed_; }
  bool in_string() const { return in_string_; }

 private:
  int depth_ = 0;
  bool in_string_ = false, escaped_ = false, closed_ = false;
};

struct CallHead {  // {"name": "f", "arguments": {"  — all that is needed to announce a call
  std::string name;
  std::size_t arguments_at = 0;  // offset of the arguments' "{"
};
enum class HeadMatch { kNeedsMore, kMatch, kOther };

// kOther: the text can no longer become the usual order of keys; wait for the whole object.
HeadMatch match_call_head(std::string_view text, CallHead* head);

struct WholeCall {
  std::string name, arguments;  // arguments: JSON text of an object
};
// Any order of keys; "parameters" for "arguments"; arguments as object, as a string that holds one,
// null or missing.
bool parse_whole_call(std::string_view object, WholeCall* call);

}  // namespace diptych
