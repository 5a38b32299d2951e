#include "image/prompt/attention_brackets.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "image/prompt/characters.h"
#include "image/prompt/limits.h"
#include "image/prompt/warnings.h"

namespace diptych {
namespace {

constexpr double kRoundFactor = 1.1;
constexpr double kSquareFactor = 1 / 1.1;

struct Token {
  enum class Kind { kOpenRound, kOpenSquare, kCloseRound, kCloseSquare, kWeight, kEscape, kText };
  Kind kind;
  std::string_view text;  // as written; kEscape: the character that is meant, possibly none
  double weight = 1;      // kWeight: of `:1.2)`
};

// White space collapsed, without leading characters that are not of words.
std::string tidied(std::string_view text) {
  std::size_t at = 0;
  for (TextCharacter c = character_at(text, 0); c.length > 0 && !is_word_character(c.code);
       c = character_at(text, at)) {
    at += c.length;
  }
  text = trim_right(text.substr(at));
  std::string result;
  for (at = 0; at < text.size();) {
    const TextCharacter c = character_at(text, at);
    if (is_space(c.code)) {
      result += ' ';
      at = skip_spaces(text, at);
    } else {
      result += text.substr(at, c.length);
      at += c.length;
    }
  }
  return result;
}

class BracketReader {
 public:
  BracketReader(std::string_view text, const AttentionReading& options)
      : text_(text), options_(options), native_(options.syntax == AttentionSyntax::kNative) {}

  Result<ParsedAttention> read() {
    while (at_ < text_.size()) TRY_STATUS(take(next_token()));
    for (const std::size_t first : round_) multiply(first, kRoundFactor);
    for (const std::size_t first : square_) multiply(first, kSquareFactor);
    return ParsedAttention{.terms = {{.pieces = merged()}}, .warnings = std::move(warnings_)};
  }

 private:
  Token next_token() {
    using Kind = Token::Kind;
    switch (text_[at_]) {
      case '(':
        return cut(Kind::kOpenRound, 1);
      case '[':
        return cut(Kind::kOpenSquare, 1);
      case ')':
        return cut(Kind::kCloseRound, 1);
      case ']':
        return cut(Kind::kCloseSquare, 1);
      case '\\':
        return next_escape();
      case ':':
        return next_colon();
      default:
        break;
    }
    const auto end = text_.find_first_of("\\()[]:", at_);
    return cut(Kind::kText, std::min(end, text_.size()) - at_);
  }

  Token next_escape() {
    const std::string_view escapable = native_ ? "()[]\\:" : "()[]\\";
    const bool escapes =
        at_ + 1 < text_.size() && escapable.find(text_[at_ + 1]) != std::string_view::npos;
    Token token = cut(Token::Kind::kEscape, escapes ? 2 : 1);
    token.text.remove_prefix(1);
    return token;
  }

  // `:1.2)`, or the colon alone. Only kA1111 allows blanks around the number.
  Token next_colon() {
    std::size_t first = at_ + 1;
    if (!native_) first = skip_spaces(text_, first);
    std::size_t last = first;
    if (last < text_.size() && (text_[last] == '+' || text_[last] == '-')) ++last;
    last = std::min(text_.find_first_not_of(".0123456789", last), text_.size());
    const std::string_view number = text_.substr(first, last - first);
    const std::size_t close = native_ ? last : skip_spaces(text_, last);
    if (number.empty() || close >= text_.size() || text_[close] != ')') {
      return cut(Token::Kind::kText, 1);
    }
    const auto weight = parse_decimal(number);
    if (!weight) {
      if (number.find_first_of("0123456789") != std::string_view::npos) warn_number(number);
      return cut(Token::Kind::kText, 1);
    }
    Token token = cut(Token::Kind::kWeight, close + 1 - at_);
    token.weight = *weight;
    return token;
  }

  Token cut(Token::Kind kind, std::size_t length) {
    const Token token{.kind = kind, .text = text_.substr(at_, length)};
    begin_ = at_;
    at_ += length;
    return token;
  }

  Status take(const Token& token) {
    switch (token.kind) {
      case Token::Kind::kOpenRound:
        return open(round_);
      case Token::Kind::kOpenSquare:
        return open(square_);
      case Token::Kind::kCloseRound:
        close(round_, token, kRoundFactor);
        break;
      case Token::Kind::kCloseSquare:
        close(square_, token, kSquareFactor);
        break;
      case Token::Kind::kWeight:
        close(round_, token, token.weight);
        break;
      case Token::Kind::kEscape:
        add_escaped(token.text);
        break;
      case Token::Kind::kText:
        add_text(token.text);
        break;
    }
    return {};
  }

  Status open(std::vector<std::size_t>& brackets) {
    if (round_.size() + square_.size() >= kPromptDepthMax) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("more than {} brackets are open at byte {}", kPromptDepthMax, begin_),
                  std::string(options_.param));
    }
    brackets.push_back(pieces_.size());
    return {};
  }

  void close(std::vector<std::size_t>& brackets, const Token& token, double factor) {
    if (brackets.empty()) return add_text(token.text);
    multiply(brackets.back(), factor);
    brackets.pop_back();
  }

  // A break inside brackets stays a break.
  void multiply(std::size_t first, double factor) {
    for (std::size_t i = first; i < pieces_.size(); ++i) {
      if (pieces_[i].is_break) continue;
      double& weight = pieces_[i].weight;
      weight *= factor;
      if (native_) weight = std::nearbyint(weight * 1000) / 1000;
    }
  }

  void add_escaped(std::string_view literal) {
    if (literal.empty() && !pieces_.empty() && pieces_.back().is_break) return;
    const bool joins =
        native_ && !pieces_.empty() && !pieces_.back().is_break && text_[begin_ - 1] != ' ';
    if (joins) {
      pieces_.back().text += literal;
    } else {
      pieces_.push_back({.text = std::string(literal)});
    }
  }

  void add_text(std::string_view text) {
    std::size_t from = 0;
    while (const auto at = find_break(text, from)) {
      add_piece(trim_right(text.substr(from, at->position - from)));
      pieces_.push_back({.text = "BREAK", .weight = -1, .is_break = true});
      from = skip_spaces(text, at->position + at->length);
    }
    add_piece(text.substr(from));
  }

  struct Match {
    std::size_t position, length;
  };
  std::optional<Match> find_break(std::string_view text, std::size_t from) const {
    std::optional<Match> found;
    if (const auto at = find_word(text, "BREAK", from)) found = {*at, 5};
    if (!native_) return found;
    const auto mark = text.find("##", from);
    if (mark < (found ? found->position : std::string_view::npos)) found = {mark, 2};
    if (!options_.newline_breaks) return found;
    const auto line = text.find('\n', from);
    if (line < (found ? found->position : std::string_view::npos)) found = {line, 1};
    return found;
  }

  void add_piece(std::string_view text) {
    if (!native_) {
      pieces_.push_back({.text = std::string(text)});
    } else if (std::string tidy = tidied(text); !tidy.empty()) {
      pieces_.push_back({.text = std::move(tidy)});
    }
  }

  // Neighbours of equal weight become one piece.
  std::vector<AttentionPiece> merged() {
    std::vector<AttentionPiece> result;
    for (AttentionPiece& piece : pieces_) {
      const bool joins = !result.empty() && !piece.is_break && !result.back().is_break &&
                         result.back().weight == piece.weight;
      if (!joins) {
        result.push_back(std::move(piece));
        continue;
      }
      std::string& left = result.back().text;
      const TextCharacter last = character_before(left, left.size());
      if (native_ && last.code != '_' && is_word_character(last.code)) left += ' ';
      left += piece.text;
    }
    if (result.empty()) result.emplace_back();
    return result;
  }

  void warn_number(std::string_view number) {
    add_warning(warnings_,
                {std::string(options_.param),
                 fmt::format("'{}' is not a weight; it is read as text", number.substr(0, 40))});
  }

  std::string_view text_;
  const AttentionReading& options_;
  bool native_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the token being taken
  std::vector<AttentionPiece> pieces_;
  std::vector<std::size_t> round_, square_;  // first piece inside each open bracket
  Warnings warnings_;
};

}  // namespace

Result<ParsedAttention> parse_bracket_attention(std::string_view text,
                                                const AttentionReading& options) {
  return BracketReader(text, options).read();
}

}  // namespace diptych
