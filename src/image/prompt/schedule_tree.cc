#include "image/prompt/schedule_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "image/prompt/characters.h"
#include "image/prompt/limits.h"

namespace diptych {
namespace {

constexpr std::string_view kSpecial = "\\[]():|";

// sign, digits with at most one point, exponent; its length, or 0.
std::size_t number_length(std::string_view text) {
  const auto digits = [text](std::size_t at) {
    return std::min(text.find_first_not_of("0123456789", at), text.size());
  };
  std::size_t first = 0;
  if (text.starts_with('+') || text.starts_with('-')) first = 1;
  std::size_t end = digits(first);
  std::size_t count = end - first;
  if (end < text.size() && text[end] == '.') {
    const std::size_t fraction = end + 1;
    end = digits(fraction);
    count += end - fraction;
  }
  if (count == 0) return 0;
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (digits(exponent) > exponent) end = digits(exponent);
  }
  return end;
}

// Recursive descent. What begins at a bracket is remembered, so every bracket is read once.
class ScheduleParser {
 public:
  explicit ScheduleParser(std::string_view text) : text_(text), known_(text.size()) {}

  std::optional<ScheduleTree> parse() {
    std::vector<int> children;
    std::size_t at = 0;
    while (at < text_.size()) {
      const Parsed prompt = read_prompt(at);
      if (prompt.node >= 0) children.push_back(prompt.node);
      at = prompt.end;
      if (at == text_.size()) break;
      if (text_[at] == '|' || text_[at] == '\\') return std::nullopt;
      children.push_back(add_text(at, at + 1));
      ++at;
    }
    tree_.root = add({.kind = Kind::kSequence, .text = {}, .children = std::move(children)});
    return std::move(tree_);
  }

  bool too_deep() const { return too_deep_; }

 private:
  using Kind = ScheduleNode::Kind;

  struct Parsed {
    int node = -1;  // none: nothing was read, or it is empty
    std::size_t end = 0;
  };
  struct Construct {
    bool read = false;
    std::optional<Parsed> parsed;
  };

  int add(ScheduleNode node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<int>(tree_.nodes.size()) - 1;
  }
  int add_text(std::size_t first, std::size_t end) {
    return add({.kind = Kind::kText, .text = text_.substr(first, end - first), .children = {}});
  }

  bool is_at(std::size_t at, char wanted) const { return at < text_.size() && text_[at] == wanted; }

  Parsed read_prompt(std::size_t at) {
    std::vector<int> children;
    while (at < text_.size()) {
      if (const std::size_t end = plain_end(at); end > at) {
        children.push_back(add_text(at, end));
        at = end;
      } else if (const auto construct = read_construct(at)) {
        children.push_back(construct->node);
        at = construct->end;
      } else {
        break;
      }
    }
    if (children.empty()) return {-1, at};
    if (children.size() == 1) return {children[0], at};
    return {add({.kind = Kind::kSequence, .text = {}, .children = std::move(children)}), at};
  }

  std::size_t plain_end(std::size_t at) const {
    while (true) {
      at = std::min(text_.find_first_of(kSpecial, at), text_.size());
      if (at + 1 >= text_.size() || text_[at] != '\\') return at;
      at += 1 + character_at(text_, at + 1).length;
    }
  }

  std::optional<Parsed> read_construct(std::size_t at) {
    if (text_[at] != '[' && text_[at] != '(') return std::nullopt;
    if (known_[at].read) return known_[at].parsed;
    if (depth_ >= kPromptDepthMax) {
      too_deep_ = true;
      return std::nullopt;
    }
    ++depth_;
    auto parsed = text_[at] == '(' ? read_round(at) : read_square(at);
    --depth_;
    known_[at] = {true, parsed};
    return parsed;
  }

  std::optional<Parsed> read_round(std::size_t open) {
    const Parsed first = read_prompt(open + 1);
    std::vector<int> inner = {first.node};
    std::size_t at = first.end;
    if (is_at(at, ':')) {
      inner.push_back(add_text(at, at + 1));
      const Parsed second = read_prompt(at + 1);
      inner.push_back(second.node);
      at = second.end;
    }
    if (!is_at(at, ')')) return std::nullopt;
    return emphasized(open, inner, at);
  }

  // The brackets of emphasis are text here.
  Parsed emphasized(std::size_t open, const std::vector<int>& inner, std::size_t close) {
    std::vector<int> children = {add_text(open, open + 1)};
    std::ranges::copy_if(inner, std::back_inserter(children), [](int node) { return node >= 0; });
    children.push_back(add_text(close, close + 1));
    const int node = add({.kind = Kind::kSequence, .text = {}, .children = std::move(children)});
    return {node, close + 1};
  }

  std::optional<Parsed> read_square(std::size_t open) {
    const Parsed first = read_prompt(open + 1);
    if (is_at(first.end, ']')) return emphasized(open, {first.node}, first.end);
    if (is_at(first.end, '|')) return read_alternate(first);
    if (!is_at(first.end, ':')) return std::nullopt;
    if (const auto parsed = read_when(first.end, -1, first.node)) return parsed;
    const Parsed second = read_prompt(first.end + 1);
    return read_when(second.end, first.node, second.node);
  }

  // `:number]` at `at`.
  std::optional<Parsed> read_when(std::size_t at, int before, int after) {
    if (!is_at(at, ':')) return std::nullopt;
    const std::size_t first = skip_spaces(text_, at + 1);
    const std::size_t length = number_length(text_.substr(first));
    const std::size_t close = skip_spaces(text_, first + length);
    if (length == 0 || !is_at(close, ']')) return std::nullopt;
    const int node = add({.kind = Kind::kScheduled,
                          .text = text_.substr(first, length),
                          .children = {before, after}});
    return Parsed{node, close + 1};
  }

  std::optional<Parsed> read_alternate(Parsed option) {
    std::vector<int> options = {option.node};
    while (is_at(option.end, '|')) {
      option = read_prompt(option.end + 1);
      options.push_back(option.node);
    }
    if (!is_at(option.end, ']')) return std::nullopt;
    const int node = add({.kind = Kind::kAlternate, .text = {}, .children = std::move(options)});
    return Parsed{node, option.end + 1};
  }

  std::string_view text_;
  std::vector<Construct> known_;
  ScheduleTree tree_;
  int depth_ = 0;
  bool too_deep_ = false;
};

}  // namespace

void ScheduleTree::append_at(int index, int step, std::string& text) const {
  if (index < 0) return;
  const ScheduleNode& node = nodes[static_cast<std::size_t>(index)];
  switch (node.kind) {
    case ScheduleNode::Kind::kText:
      text += node.text;
      return;
    case ScheduleNode::Kind::kSequence:
      for (const int child : node.children) append_at(child, step, text);
      return;
    case ScheduleNode::Kind::kScheduled:
      return append_at(node.children[step <= node.when ? 0 : 1], step, text);
    case ScheduleNode::Kind::kAlternate: {
      const auto option = static_cast<std::size_t>(step - 1) % node.children.size();
      return append_at(node.children[option], step, text);
    }
  }
}

Result<std::optional<ScheduleTree>> parse_schedule(std::string_view text, std::string_view param) {
  ScheduleParser parser(text);
  auto tree = parser.parse();
  if (parser.too_deep()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("brackets nest deeper than {}", kPromptDepthMax), std::string(param));
  }
  return tree;
}

}  // namespace diptych
