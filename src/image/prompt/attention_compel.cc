#include "image/prompt/attention_compel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "image/prompt/characters.h"
#include "image/prompt/limits.h"

namespace diptych {
namespace {

constexpr std::string_view kSyntax = "()\",.+-=";
constexpr std::string_view kSigns = "+-";
constexpr std::string_view kDigits = "0123456789";
constexpr double kPlusFactor = 1.1, kMinusFactor = 0.9;

using Pieces = std::vector<AttentionPiece>;

// Why a prompt is refused; the first reason stays.
struct Refusal {
  std::optional<Error> error;
  void set(ErrorCode code, std::string message) {
    if (!error) error = Error{.code = code, .message = std::move(message)};
  }
};

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size() &&
                         (text[i + 1] == '(' || text[i + 1] == ')' || text[i + 1] == '"');
    if (escapes) ++i;
    result += text[i];
  }
  return result;
}

// Neighbours of equal weight become one piece.
Pieces fused(Pieces pieces) {
  Pieces result;
  for (AttentionPiece& piece : pieces) {
    if (!result.empty() && result.back().weight == piece.weight) {
      result.back().text += ' ';
      result.back().text += piece.text;
    } else {
      result.push_back(std::move(piece));
    }
  }
  if (result.empty()) result.emplace_back();
  return result;
}

struct Parsed {
  Pieces pieces;
  std::size_t end = 0;
};

class CompelReader {
 public:
  CompelReader(std::string_view text, int depth, Refusal& refusal)
      : text_(text), depth_(depth), refusal_(refusal) {}

  // The whole text as a prompt; whatever fits no rule is a plain word.
  Pieces read_prompt() {
    Pieces pieces;
    for (std::size_t at = skip_spaces(text_, 0); at < text_.size() && !refusal_.error;) {
      auto item = read_item(at);
      if (!item) item = free_word(at);
      append(pieces, item->pieces);
      at = skip_spaces(text_, item->end);
    }
    return pieces;
  }

  // Items up to `close`, or to the end of the text where `close` is 0.
  std::optional<Parsed> read_items(std::size_t at, char close) {
    Parsed parsed;
    for (at = skip_spaces(text_, at); at < text_.size(); at = skip_spaces(text_, at)) {
      if (text_[at] == close) return Parsed{std::move(parsed.pieces), at + 1};
      auto item = read_item(at);
      if (!item) item = inner_word(at);
      if (!item) item = punctuation(at);
      if (!item || refusal_.error) return std::nullopt;
      append(parsed.pieces, item->pieces);
      at = item->end;
    }
    if (close != 0) return std::nullopt;
    parsed.end = at;
    return parsed;
  }

  // A word, "…" or (…), without what follows it.
  std::optional<Parsed> read_target(std::size_t at) {
    if (at >= text_.size()) return std::nullopt;
    if (text_[at] == '"') return read_quoted(at);
    if (text_[at] == '(') return read_group(at);
    return inner_word(at);
  }

 private:
  static void append(Pieces& pieces, Pieces& more) {
    std::ranges::move(more, std::back_inserter(pieces));
  }

  // A target with its operator, or a bracketed target. A bare word is left to the caller.
  std::optional<Parsed> read_item(std::size_t at) {
    refuse_lora(at);
    auto target = read_target(at);
    if (!target) return std::nullopt;
    const bool bracketed = text_[at] == '"' || text_[at] == '(';
    const auto weight = read_operator(target->end, bracketed);
    if (!weight && !bracketed) return std::nullopt;
    if (weight) {
      for (AttentionPiece& piece : target->pieces) piece.weight *= weight->factor;
      target->end = weight->end;
    }
    return target;
  }

  struct Weight {
    double factor;
    std::size_t end;
  };

  std::optional<Weight> read_operator(std::size_t at, bool bracketed) {
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with(".swap(")) {
      refusal_.set(ErrorCode::kUnsupported, "'.swap()' needs control of cross-attention");
    }
    constexpr std::string_view kAttend = ".attend(";
    if (rest.starts_with(kAttend)) {
      const auto weight = read_weight(at + kAttend.size(), true);
      if (!weight || weight->end >= text_.size() || text_[weight->end] != ')') return std::nullopt;
      return Weight{weight->factor, weight->end + 1};
    }
    return read_weight(at, bracketed);
  }

  // +, ++, -, … or a number.
  std::optional<Weight> read_weight(std::size_t at, bool allow_number) const {
    if (at >= text_.size()) return std::nullopt;
    const char first = text_[at];
    if (kSigns.find(first) != std::string_view::npos) {
      const auto end = std::min(text_.find_first_not_of(first, at), text_.size());
      const double base = first == '+' ? kPlusFactor : kMinusFactor;
      return Weight{std::pow(base, static_cast<double>(end - at)), end};
    }
    if (!allow_number) return std::nullopt;
    auto end = std::min(text_.find_first_not_of(kDigits, at), text_.size());
    if (end < text_.size() && text_[end] == '.') {
      end = std::min(text_.find_first_not_of(kDigits, end + 1), text_.size());
    }
    const auto number = parse_decimal(text_.substr(at, end - at));
    if (!number) return std::nullopt;
    return Weight{*number, end};
  }

  std::optional<Parsed> read_group(std::size_t at) {
    if (depth_ >= kPromptDepthMax) {
      refusal_.set(ErrorCode::kInvalidArgument,
                   fmt::format("more than {} brackets are open at byte {}", kPromptDepthMax, at));
      return std::nullopt;
    }
    ++depth_;
    auto group = read_items(at + 1, ')');
    --depth_;
    return group;
  }

  std::optional<Parsed> read_quoted(std::size_t at) {
    std::size_t end = at + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2U : 1U;
    if (end >= text_.size()) return std::nullopt;
    std::string inside;
    for (std::size_t i = at + 1; i < end; ++i) {
      if (text_[i] == '\\' && text_[i + 1] == '"') ++i;
      inside += text_[i];
    }
    if (depth_ >= kPromptDepthMax) return std::nullopt;
    CompelReader reader(inside, depth_ + 1, refusal_);
    if (auto items = reader.read_items(0, 0)) return Parsed{std::move(items->pieces), end + 1};
    return Parsed{reader.read_prompt(), end + 1};
  }

  // A word free of syntax.
  std::optional<Parsed> inner_word(std::size_t at) {
    std::size_t end = at;
    while (const std::size_t length = word_step(end)) end += length;
    if (end == at) return std::nullopt;
    return Parsed{{{.text = unescaped(text_.substr(at, end - at))}}, end};
  }

  // One comma or full stop: it takes no operator.
  std::optional<Parsed> punctuation(std::size_t at) const {
    if (text_[at] != ',' && text_[at] != '.') return std::nullopt;
    return Parsed{{{.text = std::string(1, text_[at])}}, at + 1};
  }

  // Bytes of the next character of a word free of syntax; 0 where it ends.
  std::size_t word_step(std::size_t at) const {
    const TextCharacter c = character_at(text_, at);
    if (c.length == 0 || is_space(c.code)) return 0;
    const char byte = text_[at];
    const char next = at + 1 < text_.size() ? text_[at + 1] : '\0';
    const bool next_is_syntax = next == '\0' || kSyntax.find(next) != std::string_view::npos;
    if (byte == '\\' && next != '\0' && next_is_syntax) return 2;
    if (kSigns.find(byte) != std::string_view::npos) {
      return next_is_syntax || is_space(character_at(text_, at + 1).code) ? 0 : 1;
    }
    return kSyntax.find(byte) == std::string_view::npos ? c.length : 0;
  }

  // Up to white space, or up to and including a comma.
  Parsed free_word(std::size_t at) const {
    std::size_t end = at;
    for (auto c = character_at(text_, end); c.length > 0 && !is_space(c.code);
         c = character_at(text_, end)) {
      end += c.length;
      if (c.code == ',') break;
    }
    return Parsed{{{.text = unescaped(text_.substr(at, end - at))}}, end};
  }

  void refuse_lora(std::size_t at) {
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with("withLora(") || rest.starts_with("useLora(")) {
      refusal_.set(ErrorCode::kUnsupported,
                   "'withLora()' is not read; write <lora:name:weight> instead");
    }
  }

  std::string_view text_;
  int depth_;
  Refusal& refusal_;
};

// (target, target, …).name(argument, …) and nothing else.
struct Operation {
  std::vector<Pieces> targets;
  std::string_view name;
  std::vector<std::string_view> arguments;
};

std::vector<std::string_view> split_arguments(std::string_view text) {
  std::vector<std::string_view> arguments;
  while (!trim(text).empty()) {
    const auto comma = std::min(text.find(','), text.size());
    arguments.push_back(trim(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return arguments;
}

std::optional<Operation> read_operation(std::string_view text, Refusal& refusal) {
  text = trim(text);
  if (!text.starts_with('(') || !text.ends_with(')')) return std::nullopt;
  Operation operation;
  CompelReader reader(text, 1, refusal);
  std::size_t at = 0;
  do {
    auto target = reader.read_target(skip_spaces(text, at + 1));
    if (!target) return std::nullopt;
    operation.targets.push_back(fused(std::move(target->pieces)));
    at = skip_spaces(text, target->end);
  } while (at < text.size() && text[at] == ',');
  if (at >= text.size() || text[at] != ')') return std::nullopt;
  const std::string_view rest = text.substr(at + 1);
  for (const std::string_view name : {".blend", ".and", ".add"}) {
    if (!rest.starts_with(name) || rest.find('(') != name.size()) continue;
    const auto inside = rest.substr(name.size() + 1, rest.size() - name.size() - 2);
    if (inside.find_first_of("()") != std::string_view::npos) return std::nullopt;
    operation.name = name;
    operation.arguments = split_arguments(inside);
    return operation;
  }
  return std::nullopt;
}

Result<std::vector<double>> read_weights(const Operation& operation,
                                         const AttentionReading& options) {
  std::vector<double> weights;
  for (const std::string_view argument : operation.arguments) {
    const auto weight = parse_decimal(argument);
    if (!weight) {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("'{}' is not a weight of {}()", argument.substr(0, 40), operation.name),
          std::string(options.param));
    }
    weights.push_back(*weight);
  }
  if (weights.empty()) weights.assign(operation.targets.size(), 1.0);
  if (weights.size() != operation.targets.size()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}() joins {} prompts and has {} weights", operation.name,
                            operation.targets.size(), weights.size()),
                std::string(options.param));
  }
  return weights;
}

Result<ParsedAttention> make_blend(Operation operation, const AttentionReading& options) {
  auto& arguments = operation.arguments;
  const bool normalizes = arguments.empty() || arguments.back() != "no_normalize";
  if (!normalizes) arguments.pop_back();
  TRY(const std::vector<double> weights, read_weights(operation, options));
  double sum = normalizes ? 0 : 1;
  for (const double weight : weights) sum += normalizes ? weight : 0;
  if (sum == 0) {
    return fail(ErrorCode::kInvalidArgument, "the weights of .blend() add up to 0",
                std::string(options.param));
  }
  if (operation.targets.size() > kPromptPartsMax) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("a blend of {} prompts; at most {}", operation.targets.size(), kPromptPartsMax),
        std::string(options.param));
  }
  ParsedAttention parsed;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    parsed.terms.push_back({weights[i] / sum, std::move(operation.targets[i])});
  }
  return parsed;
}

// Prompts encoded one by one and laid one after the other: chunks of their own.
Result<ParsedAttention> make_sequence(Operation operation, const AttentionReading& options) {
  TRY(const std::vector<double> weights, read_weights(operation, options));
  ParsedAttention parsed{.terms = {{}}, .warnings = {}};
  Pieces& pieces = parsed.terms[0].pieces;
  for (Pieces& target : operation.targets) {
    if (!pieces.empty()) pieces.push_back({.text = "BREAK", .weight = -1, .is_break = true});
    std::ranges::move(target, std::back_inserter(pieces));
  }
  if (std::ranges::any_of(weights, [](double weight) { return weight != 1; })) {
    parsed.warnings.push_back(
        {std::string(options.param),
         "the weights of .and() have no effect: its prompts are concatenated"});
  }
  return parsed;
}

}  // namespace

Result<ParsedAttention> parse_compel_attention(std::string_view text,
                                               const AttentionReading& options) {
  Refusal refusal;
  auto operation = read_operation(text, refusal);
  if (operation && !refusal.error) {
    return operation->name == ".blend" ? make_blend(std::move(*operation), options)
                                       : make_sequence(std::move(*operation), options);
  }
  Pieces pieces = CompelReader(text, 0, refusal).read_prompt();
  if (refusal.error) {
    refusal.error->param = options.param;
    return fail(std::move(*refusal.error));
  }
  return ParsedAttention{.terms = {{.pieces = fused(std::move(pieces))}}, .warnings = {}};
}

}  // namespace diptych
