#include "tokenizer/clip_bpe.h"

#include <cstddef>
#include <filesystem>
#include <utility>

#include "base/unicode.h"
#include "tokenizer/clip_words.h"
#include "tokenizer/unicode_text.h"

namespace diptych {
namespace {

Result<ClipTokenizer> make(Result<ClipVocabulary> vocabulary) {
  TRY(ClipVocabulary value, std::move(vocabulary));
  return ClipTokenizer(std::move(value));
}

// Byte symbols back to the bytes they stand for; characters that are no symbol stay.
std::string bytes_of_symbols(std::string_view symbols) {
  static const auto bytes = [] {
    std::unordered_map<std::string_view, char> by_symbol;
    for (int byte = 0; byte < 256; ++byte) {
      by_symbol.emplace(byte_symbols()[static_cast<std::size_t>(byte)], static_cast<char>(byte));
    }
    return by_symbol;
  }();
  std::string out;
  while (!symbols.empty()) {
    const std::string_view symbol = symbols.substr(0, read_utf8(symbols).length);
    symbols.remove_prefix(symbol.size());
    const auto found = bytes.find(symbol);
    if (found == bytes.end()) {
      out += symbol;
    } else {
      out += found->second;
    }
  }
  return out;
}

}  // namespace

struct ClipTokenizer::Found {
  std::size_t position;
  const AddedToken* token;
};

Result<ClipTokenizer> ClipTokenizer::load(const Path& vocab_json, const Path& merges_txt) {
  return make(read_clip_vocabulary(vocab_json, merges_txt));
}

Result<ClipTokenizer> ClipTokenizer::load(const Path& tokenizer_json) {
  return make(read_clip_vocabulary(tokenizer_json));
}

Result<ClipTokenizer> ClipTokenizer::load_folder(const Path& folder) {
  const Path vocab = folder / "vocab.json", merges = folder / "merges.txt";
  std::error_code ignored;
  if (std::filesystem::exists(vocab, ignored) && std::filesystem::exists(merges, ignored)) {
    return load(vocab, merges);
  }
  return load(folder / "tokenizer.json");
}

ClipTokenizer ClipTokenizer::builtin() { return ClipTokenizer(builtin_clip_vocabulary()); }

ClipTokenizer::ClipTokenizer(ClipVocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)), merges_(vocabulary_.merges) {
  ids_.reserve(vocabulary_.tokens.size());
  for (std::size_t id = 0; id < vocabulary_.tokens.size(); ++id) {
    if (!vocabulary_.tokens[id].empty()) {
      ids_.emplace(vocabulary_.tokens[id], static_cast<int>(id));
    }
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const std::string& symbol = byte_symbols()[byte];
    byte_ids_[byte] = id_of(symbol).value_or(vocabulary_.unknown_id);
    last_byte_ids_[byte] = id_of(symbol + std::string(kWordEnd)).value_or(vocabulary_.unknown_id);
  }
}

std::optional<int> ClipTokenizer::id_of(std::string_view token) const {
  const auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::vector<int> ClipTokenizer::encode(std::string_view text) const {
  std::vector<int> ids;
  if (is_valid_utf8(text)) {
    encode_pass(text, Pass::kRaw, ids);
  } else {
    encode_pass(replace_invalid_utf8(text), Pass::kRaw, ids);
  }
  return ids;
}

// The leftmost added token of this pass, the longest of several.
std::optional<ClipTokenizer::Found> ClipTokenizer::find_added(std::string_view text,
                                                              Pass pass) const {
  std::optional<Found> best;
  for (const AddedToken& token : vocabulary_.added) {
    if (token.normalized != (pass == Pass::kNormalized)) continue;
    const std::size_t position = text.find(token.text);
    if (position == std::string_view::npos) continue;
    if (!best || position < best->position ||
        (position == best->position && token.text.size() > best->token->text.size())) {
      best = Found{position, &token};
    }
  }
  return best;
}

// Cuts the text at the added tokens. What lies between is normalised and goes through the second
// pass, and then into words.
void ClipTokenizer::encode_pass(std::string_view text, Pass pass, std::vector<int>& ids) const {
  const auto encode_between = [&](std::string_view part) {
    if (pass == Pass::kRaw) return encode_pass(normalize_lowercase(part), Pass::kNormalized, ids);
    for (const std::string_view word : split_clip_words(part)) encode_word(word, ids);
  };
  while (const auto found = find_added(text, pass)) {
    encode_between(text.substr(0, found->position));
    ids.push_back(found->token->id);
    text.remove_prefix(found->position + found->token->text.size());
  }
  encode_between(text);
}

void ClipTokenizer::encode_word(std::string_view word, std::vector<int>& ids) const {
  std::vector<int> pieces;
  pieces.reserve(word.size());
  for (const char c : word) pieces.push_back(byte_ids_[static_cast<unsigned char>(c)]);
  pieces.back() = last_byte_ids_[static_cast<unsigned char>(word.back())];
  merges_.apply(pieces);
  ids.insert(ids.end(), pieces.begin(), pieces.end());
}

std::string ClipTokenizer::decode(std::span<const int> ids) const {
  std::string text;
  for (const int id : ids) {
    if (id < 0 || id >= token_count()) continue;
    std::string_view token = vocabulary_.tokens[static_cast<std::size_t>(id)];
    const bool ends_word = token.ends_with(kWordEnd);
    if (ends_word) token.remove_suffix(kWordEnd.size());
    text += bytes_of_symbols(token);
    if (ends_word) text += ' ';
  }
  if (text.ends_with(' ')) text.pop_back();
  return replace_invalid_utf8(text);
}

}  // namespace diptych
