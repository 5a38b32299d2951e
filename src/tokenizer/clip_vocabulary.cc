#include "tokenizer/clip_vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/json.h"

namespace diptych {

extern const unsigned char kClipMerges[];  // clip_merges.bin, made into source by the build
extern const std::size_t kClipMergesSize;

namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;
constexpr std::int64_t kIdMax = (1 << 20) - 1;
constexpr std::string_view kStart = "<|startoftext|>";
constexpr std::string_view kEnd = "<|endoftext|>";

using Ids = std::unordered_map<std::string_view, int>;  // views into the tokens

std::unexpected<Error> bad(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("tokenizer: {}", what));
}

Status add_token(std::vector<std::string>& tokens, std::string_view token, const Json& id) {
  if (!id.is_int() || id.as_int() < 0 || id.as_int() > kIdMax) {
    return bad(fmt::format("the id of '{}' is not an integer from 0 to {}", token, kIdMax));
  }
  if (token.empty()) return bad("an empty token");
  const auto index = static_cast<std::size_t>(id.as_int());
  if (index >= tokens.size()) tokens.resize(index + 1);
  if (!tokens[index].empty() && tokens[index] != token) {
    return bad(fmt::format("'{}' and '{}' have the same id {}", tokens[index], token, index));
  }
  tokens[index] = token;
  return {};
}

Result<std::vector<std::string>> tokens_of(const Json& vocab) {
  if (!vocab.is_object()) return bad("the vocabulary is not an object of tokens and ids");
  std::vector<std::string> tokens;
  for (const auto& [token, id] : vocab.as_object()) TRY_STATUS(add_token(tokens, token, id));
  return tokens;
}

Ids ids_of(const std::vector<std::string>& tokens) {
  Ids ids;
  ids.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (!tokens[id].empty()) ids.emplace(tokens[id], static_cast<int>(id));
  }
  return ids;
}

Result<int> id_in(const Ids& ids, std::string_view token) {
  const auto found = ids.find(token);
  if (found == ids.end()) return bad(fmt::format("'{}' is not in the vocabulary", token));
  return found->second;
}

Result<BytePairMerge> read_merge(const Ids& ids, std::string_view left, std::string_view right) {
  TRY(const int left_id, id_in(ids, left));
  TRY(const int right_id, id_in(ids, right));
  TRY(const int merged, id_in(ids, std::string(left).append(right)));
  return BytePairMerge{left_id, right_id, merged};
}

Result<BytePairMerge> read_merge_line(const Ids& ids, std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return bad(fmt::format("'{}' is not a merge", line));
  return read_merge(ids, line.substr(0, blank), line.substr(blank + 1));
}

Result<BytePairMerge> read_merge(const Ids& ids, const Json& merge) {
  if (merge.is_string()) return read_merge_line(ids, merge.as_string());
  if (!merge.is_array() || merge.as_array().size() != 2 || !merge[0].is_string() ||
      !merge[1].is_string()) {
    return bad("a merge is neither a string nor a pair of strings");
  }
  return read_merge(ids, merge[0].as_string(), merge[1].as_string());
}

Result<std::vector<BytePairMerge>> read_merges_text(const Ids& ids, std::string_view text) {
  std::vector<BytePairMerge> merges;
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (first && line.starts_with("#version"))) continue;
    TRY(const BytePairMerge merge, read_merge_line(ids, line));
    merges.push_back(merge);
  }
  return merges;
}

Status find_specials(ClipVocabulary& vocabulary) {
  const Ids ids = ids_of(vocabulary.tokens);
  TRY(vocabulary.start_id, id_in(ids, kStart));
  TRY(vocabulary.end_id, id_in(ids, kEnd));
  vocabulary.unknown_id = vocabulary.end_id;
  return {};
}

Result<Json> read_json(const Path& path) {
  TRY(const std::string text, read_file(path, kFileBytesMax));
  auto json = parse_json(text);
  if (!json) return bad(fmt::format("{}: {}", path.string(), json.error().message));
  return json;
}

Status add_added_tokens(ClipVocabulary& vocabulary, const Json& rows) {
  if (!rows.is_array()) return {};
  for (const Json& row : rows.as_array()) {
    const Json& content = row["content"];
    if (!content.is_string()) return bad("an added token without its content");
    if (row["single_word"] == Json(true)) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("tokenizer: the added token '{}' has single_word, which is not "
                              "implemented",
                              content.as_string()));
    }
    TRY_STATUS(add_token(vocabulary.tokens, content.as_string(), row["id"]));
    vocabulary.added.push_back({static_cast<int>(row["id"].as_int()), content.as_string(),
                                row["normalized"] == Json(true)});
  }
  return {};
}

std::array<std::string, 256> make_byte_symbols() {
  std::array<std::string, 256> symbols;
  int next = 256;  // bytes that are not printable in Latin-1 are moved here, in order
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable =
        (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    const int code_point = printable ? byte : next++;
    std::string& symbol = symbols[static_cast<std::size_t>(byte)];
    if (code_point >= 0x80) symbol += static_cast<char>(0xC0 | code_point >> 6);
    symbol += static_cast<char>(code_point < 0x80 ? code_point : 0x80 | (code_point & 0x3F));
  }
  return symbols;
}

// The order of the first tokens: printable bytes, then the others.
std::vector<std::string> single_byte_tokens() {
  std::vector<std::string> tokens, moved;
  for (const std::string& symbol : byte_symbols()) {
    const bool was_moved = symbol.size() == 2 && static_cast<unsigned char>(symbol[0]) >= 0xC4;
    (was_moved ? moved : tokens).push_back(symbol);
  }
  tokens.insert(tokens.end(), moved.begin(), moved.end());
  return tokens;
}

}  // namespace

const std::array<std::string, 256>& byte_symbols() {
  static const std::array<std::string, 256> symbols = make_byte_symbols();
  return symbols;
}

Result<ClipVocabulary> read_clip_vocabulary(const Path& vocab_json, const Path& merges_txt) {
  ClipVocabulary vocabulary;
  TRY(const Json vocab, read_json(vocab_json));
  TRY(vocabulary.tokens, tokens_of(vocab));
  TRY(const std::string merges, read_file(merges_txt, kFileBytesMax));
  TRY(vocabulary.merges, read_merges_text(ids_of(vocabulary.tokens), merges));
  TRY_STATUS(find_specials(vocabulary));
  vocabulary.added = {{vocabulary.start_id, std::string(kStart)},
                      {vocabulary.end_id, std::string(kEnd)}};
  return vocabulary;
}

Result<ClipVocabulary> read_clip_vocabulary(const Path& tokenizer_json) {
  TRY(const Json json, read_json(tokenizer_json));
  const Json& model = json["model"];
  if (model["end_of_word_suffix"] != Json(kWordEnd) || !model["merges"].is_array()) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: not a CLIP tokenizer (a BPE model whose words end in '{}')",
                            tokenizer_json.string(), kWordEnd));
  }
  ClipVocabulary vocabulary;
  TRY(vocabulary.tokens, tokens_of(model["vocab"]));
  const Ids ids = ids_of(vocabulary.tokens);
  for (const Json& row : model["merges"].as_array()) {
    TRY(const BytePairMerge merge, read_merge(ids, row));
    vocabulary.merges.push_back(merge);
  }
  TRY_STATUS(add_added_tokens(vocabulary, json["added_tokens"]));
  TRY_STATUS(find_specials(vocabulary));
  return vocabulary;
}

ClipVocabulary builtin_clip_vocabulary() {
  ClipVocabulary vocabulary;
  vocabulary.tokens = single_byte_tokens();
  for (std::size_t i = 0; i < 256; ++i) {
    vocabulary.tokens.push_back(vocabulary.tokens[i] + std::string(kWordEnd));
  }
  // Pairs of 16-bit ids, little-endian, by rank; each merge makes the next id.
  const std::span<const unsigned char> bytes(kClipMerges, kClipMergesSize);
  const auto id_at = [&](std::size_t at) { return bytes[at] | bytes[at + 1] << 8; };
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    const int left = id_at(at), right = id_at(at + 2);
    const auto& tokens = vocabulary.tokens;
    vocabulary.merges.push_back({left, right, static_cast<int>(tokens.size())});
    vocabulary.tokens.push_back(tokens[static_cast<std::size_t>(left)] +
                                tokens[static_cast<std::size_t>(right)]);
  }
  for (const std::string_view special : {kStart, kEnd}) {
    vocabulary.added.push_back({static_cast<int>(vocabulary.tokens.size()), std::string(special)});
    vocabulary.tokens.emplace_back(special);
  }
  vocabulary.start_id = vocabulary.added[0].id;
  vocabulary.end_id = vocabulary.unknown_id = vocabulary.added[1].id;
  return vocabulary;
}

}  // namespace diptych
