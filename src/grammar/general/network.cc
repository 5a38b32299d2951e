#include "grammar/general/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "grammar/general/network_liveness.h"
#include "grammar/general/utf8_ranges.h"
#include "grammar/general/word_automaton.h"
#include "grammar/text/content_hash.h"

namespace diptych::grammar {
namespace {

using Kind = Expression::Kind;
using NodeKind = NetworkNode::Kind;

constexpr std::uint64_t kUnrolledMax = 64;  // nodes; larger repetitions count at run time

class Builder {
 public:
  Builder(GrammarRules& rules, const Limits& limits) : rules_(rules), limits_(limits) {}

  Compiled<Network> build() {
    network_.procedures.assign(rules_.rules.size(), kNoState);
    for (std::size_t i = 0; i < rules_.rules.size() && !too_large_; ++i) {
      network_.procedures[i] = expression(rules_.rules[i].body, add({.kind = NodeKind::kFinal}));
    }
    if (too_large_) {
      return std::unexpected(Refusal{
          .code = RefusalCode::kSchemaTooLarge,
          .keyword = {},
          .pointer = {},
          .message = fmt::format("the grammar needs more than {} states", limits_.nodes_max),
          .hint = {},
      });
    }
    network_.start = rules_.start;
    return std::move(network_);
  }

 private:
  NetworkState add(NetworkNode node) {
    too_large_ = too_large_ || network_.nodes.size() >= limits_.nodes_max;
    if (too_large_) return 0;  // stops growing; build() refuses
    node.loop = loop_;
    network_.nodes.push_back(node);
    return static_cast<NetworkState>(network_.nodes.size() - 1);
  }
  NetworkState read(const std::vector<NetworkArrow>& arrows) {
    const auto first = static_cast<std::uint32_t>(network_.arrows.size());
    network_.arrows.insert(network_.arrows.end(), arrows.begin(), arrows.end());
    return add(
        {.kind = NodeKind::kRead, .a = first, .b = static_cast<std::uint32_t>(arrows.size())});
  }

  // Where to begin so as to read the expression and then be in `next`.
  NetworkState expression(ExpressionId id, NetworkState next) {
    if (too_large_) return 0;
    const Expression& expression = rules_.expressions[id];
    switch (expression.kind) {
      case Kind::kBytes:
        return bytes(expression.bytes, next);
      case Kind::kChars:
        return chars(expression.ranges, next);
      case Kind::kLanguage:
        return leaf(NodeKind::kLanguage, expression.language, next);
      case Kind::kLexeme:
        network_.has_lexemes = true;
        return leaf(NodeKind::kLexeme, expression.language, next);
      case Kind::kMachine:
        return add({.kind = NodeKind::kMachine, .a = expression.index, .b = next});
      case Kind::kScanner:
        return scanner(rules_.scanners[expression.index], next);
      case Kind::kRule:
        return add({.kind = NodeKind::kCall, .a = expression.index, .b = next});
      case Kind::kSequence:
        for (std::size_t i = expression.parts.size(); i > 0; --i) {
          next = this->expression(expression.parts[i - 1], next);
        }
        return next;
      case Kind::kChoice:
        return choice(expression.parts, next);
      case Kind::kRepeat:
        return repeat(expression, next);
    }
    return next;
  }

  NetworkState leaf(NodeKind kind, Language language, NetworkState next) {
    network_.leaves.push_back(language);
    return add(
        {.kind = kind, .a = static_cast<std::uint32_t>(network_.leaves.size() - 1), .b = next});
  }

  NetworkState bytes(const std::string& text, NetworkState next) {
    for (std::size_t i = text.size(); i > 0; --i) {
      const auto byte = static_cast<std::uint8_t>(text[i - 1]);
      next = read({{byte, byte, next}});
    }
    return next;
  }

  NetworkState chars(const std::vector<CodePointRange>& ranges, NetworkState next) {
    std::vector<Utf8Sequence> sequences;
    for (const CodePointRange& range : ranges) append_utf8_sequences(range, sequences);
    return sequence_tree(sequences, 0, next);
  }

  // Sequences that agree in their bytes before `depth`, as a tree.
  NetworkState sequence_tree(std::span<const Utf8Sequence> sequences, int depth,
                             NetworkState next) {
    std::vector<NetworkArrow> arrows;
    const auto at = static_cast<std::size_t>(depth);
    for (std::size_t begin = 0; begin < sequences.size();) {
      const ByteRange range = sequences[begin].bytes[at];
      std::size_t end = begin;
      while (end < sequences.size() && sequences[end].bytes[at] == range) ++end;
      const bool is_last = sequences[begin].length == depth + 1;
      const NetworkState to =
          is_last ? next : sequence_tree(sequences.subspan(begin, end - begin), depth + 1, next);
      arrows.push_back({range.first, range.last, to});
      begin = end;
    }
    return read(arrows);
  }

  NetworkState choice(const std::vector<ExpressionId>& parts, NetworkState next) {
    if (parts.empty()) return read({});  // nothing: dead
    NetworkState entry = expression(parts.back(), next);
    for (std::size_t i = parts.size() - 1; i > 0; --i) {
      const NetworkState one = expression(parts[i - 1], next);
      entry = add({.kind = NodeKind::kSplit, .a = one, .b = entry});
    }
    return entry;
  }

  NetworkState repeat(const Expression& repeated, NetworkState next) {
    const ExpressionId part = repeated.parts.front();
    const std::uint32_t least = repeated.least, most = repeated.most;
    if (most == 0) return next;
    const std::uint64_t times = most == kUnbounded ? std::uint64_t{least} + 1 : most;
    if (times > 2 && times * size(part) > kUnrolledMax) return counted(part, least, most, next);
    NetworkState entry = most == kUnbounded ? star(part, next) : next;
    if (most != kUnbounded) {
      for (std::uint32_t i = least; i < most; ++i) {
        const NetworkState once = expression(part, entry);
        entry = add({.kind = NodeKind::kSplit, .a = once, .b = next});
      }
    }
    for (std::uint32_t i = 0; i < least; ++i) entry = expression(part, entry);
    return entry;
  }

  NetworkState star(ExpressionId part, NetworkState next) {
    const NetworkState head = add({.kind = NodeKind::kSplit, .a = next, .b = next});
    const NetworkState body = expression(part, head);
    if (!too_large_) network_.nodes[head].a = body;
    return head;
  }

  // A procedure of its own, whose frame counts.
  NetworkState counted(ExpressionId part, std::uint32_t least, std::uint32_t most,
                       NetworkState next) {
    const auto loop = static_cast<std::uint32_t>(network_.loops.size());
    const std::uint32_t outer_loop = std::exchange(loop_, loop);
    network_.loops.push_back({.body = 0, .least = least, .most = most});
    const NetworkState head = add({.kind = NodeKind::kLoop, .a = loop});
    const auto procedure = static_cast<std::uint32_t>(network_.procedures.size());
    network_.procedures.push_back(head);
    const NetworkState body = expression(part, add({.kind = NodeKind::kLoopEnd, .a = head}));
    network_.loops[loop].body = body;
    loop_ = outer_loop;
    return add({.kind = NodeKind::kCall, .a = procedure, .b = next});
  }

  NetworkState scanner(const Scanner& scanner, NetworkState next);

  // Nodes that the expression takes, roughly; saturating.
  std::uint64_t size(ExpressionId id) const {
    const Expression& expression = rules_.expressions[id];
    std::uint64_t sum = 1;
    if (expression.kind == Kind::kBytes) sum = expression.bytes.size();
    if (expression.kind == Kind::kChars) sum = expression.ranges.back().last > 0x7F ? 8 : 1;
    for (const ExpressionId part : expression.parts) sum += size(part);
    if (expression.kind == Kind::kRepeat) sum *= std::clamp(expression.most, 1U, 64U);
    return std::min<std::uint64_t>(sum, 1U << 20U);
  }

  GrammarRules& rules_;
  const Limits& limits_;
  Network network_;
  std::uint32_t loop_ = kNoLoop;  // of the counted procedure being built
  bool too_large_ = false;
};

// Each state of the free text may end it, where allowed, or read on; a word's last byte leads to
// what follows the word.
NetworkState Builder::scanner(const Scanner& scanner, NetworkState next) {
  std::vector<std::string_view> words;
  for (const Scanner::Word& word : scanner.words) words.emplace_back(word.bytes);
  const WordAutomaton automaton = build_word_automaton(words);
  std::vector<NetworkState> after;
  for (const Scanner::Word& word : scanner.words) after.push_back(expression(word.after, next));
  std::vector<NetworkState> reads(automaton.states.size()), entries(automaton.states.size());
  for (std::size_t i = 0; i < automaton.states.size(); ++i) {
    if (const auto word = automaton.states[i].word) {
      entries[i] = after[*word];
      continue;
    }
    reads[i] = entries[i] = read({});
    if (scanner.may_end) {
      entries[i] = add({.kind = NodeKind::kSplit, .a = reads[i], .b = next});
    }
  }
  // Words of ASCII alone: what lies above is read in whole characters, each of which leads away
  // from every word. Otherwise byte by byte.
  const bool is_ascii = std::ranges::all_of(words, [](std::string_view word) {
    return std::ranges::all_of(word, [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
  });
  const NetworkState above = is_ascii ? chars({{0x80, kCodePointMax}}, entries[0]) : kNoState;
  for (std::size_t i = 0; i < automaton.states.size() && !too_large_; ++i) {
    if (automaton.states[i].word) continue;
    std::vector<NetworkArrow> arrows;
    for (std::size_t byte = 0; byte < (is_ascii ? 0x80 : 256); ++byte) {
      const NetworkState to = entries[automaton.states[i].to[byte]];
      const auto value = static_cast<std::uint8_t>(byte);
      if (!arrows.empty() && arrows.back().to == to) {
        arrows.back().last = value;
      } else {
        arrows.push_back({value, value, to});
      }
    }
    if (is_ascii) {
      const NetworkNode& wide = network_.nodes[above];
      arrows.insert(arrows.end(), network_.arrows.begin() + wide.a,
                    network_.arrows.begin() + wide.a + wide.b);
    }
    network_.nodes[reads[i]] = network_.nodes[read(arrows)];
  }
  return entries[0];
}

std::uint64_t content_of(const Network& network) {
  ContentHash hash;
  for (const NetworkNode& node : network.nodes) {
    hash.add(static_cast<std::uint64_t>(node.kind));
    hash.add(std::uint64_t{node.a} << 32U | node.b);
  }
  for (const NetworkArrow& arrow : network.arrows) {
    hash.add(std::uint64_t{arrow.to} << 16U | std::uint64_t{arrow.first} << 8U | arrow.last);
  }
  for (const CountedLoop& loop : network.loops) {
    hash.add(std::uint64_t{loop.least} << 32U | loop.most);
    hash.add(loop.body);
  }
  for (const NetworkState begin : network.procedures) hash.add(begin);
  return hash.value();
}

}  // namespace

Compiled<Network> build_network(GrammarRules& rules, const Limits& limits) {
  TRY(Network network, Builder(rules, limits).build());
  network.content = content_of(network);
  find_nullable(network, rules);
  for (CountedLoop& loop : network.loops) {
    // Times round that read nothing can make up for any that are missing.
    if (network.nodes[loop.body].nullable) loop.least = 0;
  }
  find_live(network, rules);
  if (network.has_lexemes) find_distances(network, rules);
  if (!network.nodes[network.procedures[network.start]].live) {
    return std::unexpected(Refusal{.code = RefusalCode::kUnsatisfiable,
                                   .keyword = {},
                                   .pointer = {},
                                   .message = "no text matches this grammar",
                                   .hint = {}});
  }
  return network;
}

}  // namespace diptych::grammar
