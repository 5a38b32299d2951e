#include "image/prompt/chunks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "image/prompt/limits.h"

namespace diptych {
namespace {

class Chunker {
 public:
  Chunker(const Tokenize& tokenize, const ChunkOptions& options)
      : tokenize_(tokenize), options_(options) {
    const std::vector<int> comma = tokenize(",");
    if (comma.size() == 1) comma_ = comma[0];
  }

  Result<ChunkedText> run(std::span<const AttentionPiece> pieces) {
    for (const AttentionPiece& piece : pieces) {
      if (piece.is_break) {
        TRY_STATUS(next_chunk());
      } else if (!piece.text.empty()) {
        TRY_STATUS(add(tokenize_(piece.text), static_cast<float>(piece.weight)));
      }
    }
    if (!chunk_.tokens.empty() || text_.chunks.empty()) {
      text_.token_count += size();
      text_.chunks.push_back(std::move(chunk_));
    }
    return std::move(text_);
  }

 private:
  Status add(std::span<const int> tokens, float weight) {
    while (!tokens.empty()) {
      const bool is_comma = comma_ && tokens.front() == *comma_;
      if (is_comma) {
        last_comma_ = size();
      } else if (size() == kChunkTokens && may_cut_at_comma()) {
        TRY_STATUS(cut_after_comma());
      }
      if (size() == kChunkTokens) TRY_STATUS(next_chunk());
      const auto match = options_.embeddings ? options_.embeddings->find_at_front(tokens)
                                             : EmbeddingTable::Match{};
      if (match.index >= 0) {
        TRY_STATUS(add_embedding(match.index, weight));
        tokens = tokens.subspan(match.tokens);
      } else {
        chunk_.tokens.push_back(tokens.front());
        chunk_.weights.push_back(weight);
        tokens = tokens.subspan(1);
      }
    }
    return {};
  }

  Status add_embedding(int index, float weight) {
    const EmbeddingName& name = (*options_.embeddings)[index];
    if (name.vectors < 1 || name.vectors > kChunkTokens) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the embedding '{}' has {} vectors; 1 to {} fit a prompt", name.name,
                              name.vectors, kChunkTokens),
                  std::string(options_.param));
    }
    if (size() + name.vectors > kChunkTokens) TRY_STATUS(next_chunk());
    chunk_.embeddings.push_back({size(), index, name.vectors});
    chunk_.tokens.insert(chunk_.tokens.end(), static_cast<std::size_t>(name.vectors), 0);
    chunk_.weights.insert(chunk_.weights.end(), static_cast<std::size_t>(name.vectors), weight);
    return {};
  }

  bool may_cut_at_comma() const {
    return last_comma_ >= 0 && size() - last_comma_ <= options_.comma_backtrack;
  }

  // What follows the last comma moves to the next chunk.
  Status cut_after_comma() {
    const auto cut = static_cast<std::ptrdiff_t>(last_comma_) + 1;
    PromptChunk moved;
    moved.tokens.assign(chunk_.tokens.begin() + cut, chunk_.tokens.end());
    moved.weights.assign(chunk_.weights.begin() + cut, chunk_.weights.end());
    chunk_.tokens.resize(static_cast<std::size_t>(cut));
    chunk_.weights.resize(static_cast<std::size_t>(cut));
    std::erase_if(chunk_.embeddings, [&](EmbeddingUse use) {
      if (use.position < cut) return false;
      use.position -= static_cast<int>(cut);
      moved.embeddings.push_back(use);
      return true;
    });
    TRY_STATUS(next_chunk());
    chunk_ = std::move(moved);
    return {};
  }

  Status next_chunk() {
    if (text_.chunks.size() + 1 >= kPromptChunksMax) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("more than {} chunks of {} tokens", kPromptChunksMax, kChunkTokens),
                  std::string(options_.param));
    }
    text_.token_count += kChunkTokens;
    text_.chunks.push_back(std::exchange(chunk_, {}));
    last_comma_ = -1;
    return {};
  }

  int size() const { return static_cast<int>(chunk_.tokens.size()); }

  const Tokenize& tokenize_;
  const ChunkOptions& options_;
  std::optional<int> comma_;  // the id of "," where it is one token
  ChunkedText text_;
  PromptChunk chunk_;
  int last_comma_ = -1;  // in chunk_; a comma that begins a chunk because the last was full is none
};

}  // namespace

Result<ChunkedText> make_chunks(std::span<const AttentionPiece> pieces, const Tokenize& tokenize,
                                const ChunkOptions& options) {
  return Chunker(tokenize, options).run(pieces);
}

std::vector<std::int32_t> encoder_ids(const PromptChunk& chunk, const EncoderTokens& encoder) {
  std::vector<std::int32_t> ids(kChunkRows, encoder.padding);
  ids.front() = encoder.start;
  std::ranges::copy(chunk.tokens, ids.begin() + 1);
  ids[chunk.tokens.size() + 1] = encoder.end;
  return ids;
}

std::vector<float> encoder_weights(const PromptChunk& chunk) {
  std::vector<float> weights(kChunkRows, 1.0F);
  std::ranges::copy(chunk.weights, weights.begin() + 1);
  return weights;
}

void pad_chunks(std::vector<PromptChunk>& chunks, std::size_t count) {
  if (chunks.size() < count) chunks.resize(count);
}

}  // namespace diptych
