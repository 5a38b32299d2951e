#pragma once
// Weighted pieces → chunks of 75 tokens, which a CLIP text encoder reads one by one; the encodings
// are concatenated along the tokens.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/prompt/attention.h"
#include "image/prompt/embedding_table.h"
#include "image/prompt/tokenize.h"

namespace diptych {

inline constexpr int kChunkTokens = 75;
inline constexpr int kChunkRows = kChunkTokens + 2;  // with start and end

// An embedding's vectors replace the input rows of tokens[position] and those after it, whose id is
// 0 there. Row of the encoder: position + 1, after the start token.
struct EmbeddingUse {
  int position = 0;
  int index = 0;  // in the EmbeddingTable
  int vectors = 1;
  friend bool operator==(const EmbeddingUse&, const EmbeddingUse&) = default;
};

struct PromptChunk {
  std::vector<int> tokens;     // at most 75
  std::vector<float> weights;  // one a token
  std::vector<EmbeddingUse> embeddings;
  friend bool operator==(const PromptChunk&, const PromptChunk&) = default;
};

struct ChunkOptions {
  // A full chunk is cut after a comma that is at most so many tokens back; 0: never.
  int comma_backtrack = 20;
  const EmbeddingTable* embeddings = nullptr;  // none
  std::string_view param = "prompt";
};

struct ChunkedText {
  std::vector<PromptChunk> chunks;  // at least one, possibly empty
  int token_count = 0;              // used so far; a chunk that is not the last counts as 75
};

// Errors (kInvalidArgument): more than kPromptChunksMax chunks; an embedding that fits no chunk.
Result<ChunkedText> make_chunks(std::span<const AttentionPiece> pieces, const Tokenize& tokenize,
                                const ChunkOptions& options);

struct EncoderTokens {
  std::int32_t start = 49406, end = 49407;
  std::int32_t padding = 49407;  // 0 for OpenCLIP (SD 2, the second encoder of SDXL)
};

// start, the tokens, end, then padding: [77]. The pooled vector is at the first end.
std::vector<std::int32_t> encoder_ids(const PromptChunk& chunk, const EncoderTokens& encoder);
// The weights of those rows; start, end and padding weigh 1.
std::vector<float> encoder_weights(const PromptChunk& chunk);

// Appends empty chunks, for evaluation together with a longer prompt.
void pad_chunks(std::vector<PromptChunk>& chunks, std::size_t count);

}  // namespace diptych
