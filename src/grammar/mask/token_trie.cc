#include "grammar/mask/token_trie.h"

#include <algorithm>
#include <limits>

#include "grammar/mask/run_suffixes.h"

namespace diptych::grammar {

namespace {

std::uint16_t saturated(std::size_t count) {
  return static_cast<std::uint16_t>(
      std::min<std::size_t>(count, std::numeric_limits<std::uint16_t>::max()));
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(differ.first - a.begin());
}

}  // namespace

// Takes the tokens in byte order, so a node is opened when its first token comes and closed when
// the last one has passed.
class TokenTrie::Builder {
 public:
  explicit Builder(TokenTrie& trie) : trie_(trie) {}

  void add(std::string_view bytes, Token token) {
    close_down_to(common_prefix(previous_, bytes));
    while (path_.size() < bytes.size()) open(static_cast<std::uint8_t>(bytes[path_.size()]));
    trie_.tokens_.push_back(token);
    if (!whole(path_.back())) end_inside_character(path_.back());
    previous_ = bytes;
    trie_.depth_max_ = std::max(trie_.depth_max_, static_cast<std::uint32_t>(bytes.size()));
  }

  void finish() {
    close_down_to(0);
    trie_.nodes_.push_back({.end = static_cast<std::uint32_t>(trie_.nodes_.size()),
                            .first_token = static_cast<std::uint32_t>(trie_.tokens_.size())});
  }

 private:
  struct Step {
    std::uint32_t node = 0;
    Utf8Phase phase = Utf8Phase::kBoundary;  // after the node's byte
    std::size_t characters = 0;              // whole ones, the node's byte included
    std::uint32_t lead = 0;                  // the node where this byte's character begins
  };
  static bool whole(const Step& step) { return step.phase == Utf8Phase::kBoundary; }

  void open(std::uint8_t byte) {
    const auto node = static_cast<std::uint32_t>(trie_.nodes_.size());
    CharacterClass before;
    Step step{.node = node, .lead = node};
    if (!path_.empty()) {
      const Step& parent = path_.back();
      before = trie_.before_[parent.node];
      before.add_byte(trie_.nodes_[parent.node].byte);
      before.whole = whole(parent);
      before.code_points = saturated(parent.characters);
      step.phase = parent.phase;
      step.characters = parent.characters;
      if (!whole(parent)) step.lead = parent.lead;
    }
    step.phase = next_utf8_phase(step.phase, byte);
    if (whole(step)) ++step.characters;
    path_.push_back(step);
    trie_.nodes_.push_back({.first_token = static_cast<std::uint32_t>(trie_.tokens_.size()),
                            .depth = saturated(path_.size()),
                            .byte = byte,
                            .boundary = whole(step)});
    trie_.before_.push_back(before);
    trie_.below_.emplace_back();
  }

  void end_inside_character(const Step& step) {
    trie_.below_[step.node].whole = false;
    auto& cut = trie_.cut_characters_;
    if (step.phase != Utf8Phase::kBroken && (cut.empty() || cut.back() != step.lead)) {
      cut.push_back(step.lead);
    }
  }

  void close_down_to(std::size_t depth) {
    while (path_.size() > depth) {
      const Step step = path_.back();
      path_.pop_back();
      trie_.nodes_[step.node].end = static_cast<std::uint32_t>(trie_.nodes_.size());
      if (!path_.empty()) add_to_parent(step);
    }
  }

  void add_to_parent(const Step& step) {
    const Step& parent = path_.back();
    const CharacterClass& child = trie_.below_[step.node];
    CharacterClass& below = trie_.below_[parent.node];
    below.add_byte(trie_.nodes_[step.node].byte);
    below.ascii[0] |= child.ascii[0];
    below.ascii[1] |= child.ascii[1];
    below.multibyte |= child.multibyte;
    below.whole &= child.whole;
    const std::size_t characters = child.code_points + (step.characters - parent.characters);
    below.code_points = std::max(below.code_points, saturated(characters));
  }

  TokenTrie& trie_;
  std::string_view previous_;
  std::vector<Step> path_;
};

TokenTrie::TokenTrie(std::vector<Entry> entries) {
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.token < b.token;
  });
  tokens_.reserve(entries.size());
  Builder builder(*this);
  for (const Entry& entry : entries) builder.add(entry.bytes, entry.token);
  builder.finish();
  index_bytes();
}

void TokenTrie::index_bytes() {
  for (std::uint32_t i = 0; i < node_count(); ++i) {
    const std::uint8_t byte = nodes_[i].byte;
    const bool seen = byte < 0x80 && ((before_[i].ascii[byte >> 6U] >> (byte & 63U)) & 1U) != 0;
    if (seen) continue;
    by_byte_[byte].push_back(i);
    run_max_before_[byte] = std::max(run_max_before_[byte], before_[i].code_points);
  }
  // A character inside a longer cut one comes twice, out of order.
  std::ranges::sort(cut_characters_);
  const auto repeats = std::ranges::unique(cut_characters_);
  cut_characters_.erase(repeats.begin(), repeats.end());
}

void TokenTrie::index_runs() {
  after_quote_ = std::make_shared<const RunSuffixes>(RunSuffixes::of_exits(*this, '"'));
  after_backslash_ = std::make_shared<const RunSuffixes>(RunSuffixes::of_exits(*this, '\\'));
  cut_suffixes_ = std::make_shared<const RunSuffixes>(RunSuffixes::of_cut_characters(*this));
}

std::uint32_t TokenTrie::child(std::uint32_t parent, std::uint8_t byte) const {
  const std::uint32_t end = parent == kRoot ? node_count() : nodes_[parent].end;
  for (std::uint32_t i = parent == kRoot ? 0 : parent + 1; i < end; i = nodes_[i].end) {
    if (nodes_[i].byte == byte) return i;
    if (nodes_[i].byte > byte) break;
  }
  return node_count();
}

std::size_t TokenTrie::memory_bytes() const {
  std::size_t bytes = nodes_.capacity() * sizeof(TrieNode) + tokens_.capacity() * sizeof(Token) +
                      (below_.capacity() + before_.capacity()) * sizeof(CharacterClass) +
                      cut_characters_.capacity() * sizeof(std::uint32_t);
  for (const auto* suffixes : {after_quote_.get(), after_backslash_.get(), cut_suffixes_.get()}) {
    if (suffixes != nullptr) bytes += suffixes->memory_bytes();
  }
  for (const auto& nodes : by_byte_) bytes += nodes.capacity() * sizeof(std::uint32_t);
  return bytes;
}

}  // namespace diptych::grammar
