#pragma once
// Which tokens are in which sequence, and which sequence shares the longest prefix with a new
// prompt. This is the seam where a content-addressed cache of blocks can take over: find() is all
// the scheduler asks.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/ids.h"

namespace diptych {

struct PrefixMatch {
  SequenceId sequence = -1;
  int length = 0;  // tokens in common
};

class PrefixIndex {
 public:
  explicit PrefixIndex(int sequence_count) : entries_(static_cast<std::size_t>(sequence_count)) {}

  void open(SequenceId sequence, std::string_view salt);  // empty, findable by equal salts only
  void close(SequenceId sequence);
  void append(SequenceId sequence, std::span<const TokenId> tokens);
  void truncate(SequenceId sequence, int count);
  std::span<const TokenId> tokens(SequenceId sequence) const;
  std::string_view salt(SequenceId sequence) const;

  // Compares tokens, so a match is never a hash collision. Cost: sequence_count mismatches near the
  // front plus the length of the real matches.
  std::optional<PrefixMatch> find(std::string_view salt, std::span<const TokenId> prompt) const;

 private:
  struct Entry {
    bool open = false;
    std::string salt;
    std::vector<TokenId> tokens;
  };
  std::vector<Entry> entries_;
};

int common_prefix(std::span<const TokenId> a, std::span<const TokenId> b);

}  // namespace diptych
