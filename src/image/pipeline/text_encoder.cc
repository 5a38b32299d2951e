#include "image/pipeline/text_encoder.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace diptych {
namespace {

constexpr std::size_t kKeptMax = 64;

// SDXL was trained on the second last layer, without the final norm.
ClipHidden hidden_of(const PictureModel& model, const TextEncoding& options) {
  if (model.is_xl()) return {.from_end = 2, .norm = FinalNorm::kWithout};
  return {.from_end = options.clip_skip, .norm = FinalNorm::kWith};
}

std::string key_of(const PromptEncoding& prompt, const TextEncoding& options) {
  std::string key = fmt::format("{} {} {}", static_cast<int>(options.emphasis), options.clip_skip,
                                options.zero_if_empty);
  for (const EncodingTerm& term : prompt.terms) {
    key += fmt::format("|{}", term.weight);
    for (const PromptChunk& chunk : term.chunks)
      key += fmt::format("/{},{}", fmt::join(chunk.tokens, " "), fmt::join(chunk.weights, " "));
  }
  return key;
}

bool is_empty(const PromptEncoding& prompt) {
  return std::ranges::all_of(prompt.terms, [](const EncodingTerm& term) {
    return std::ranges::all_of(term.chunks, [](const PromptChunk& c) { return c.tokens.empty(); });
  });
}

std::size_t size_of(const Shape& shape) { return static_cast<std::size_t>(shape.element_count()); }

// One encoder's answer to all chunks of a term.
struct PartAnswer {
  Tensor hidden;  // [chunks, 77, channels], weights applied
  Tensor pooled;  // [channels] of the first chunk; empty where it is not wanted
};

struct PartRun {
  PictureModel& model;
  int part;
  const TextEncoding& options;
  const std::stop_token& stop;

  const TextPart& text() const { return model.text_parts()[static_cast<std::size_t>(part)]; }
  bool wants_pooled() const { return model.is_xl() && part == 1; }

  Status encode_chunk(Program& program, const PromptChunk& chunk, std::span<float> hidden,
                      std::vector<float>& pooled) const {
    const EncoderTokens tokens{.start = text().tokenizer.start_id(),
                               .end = text().tokenizer.end_id(),
                               .padding = text().padding_id};
    const std::vector<std::int32_t> ids = encoder_ids(chunk, tokens);
    const auto end = static_cast<std::int32_t>(std::ranges::find(ids, tokens.end) - ids.begin());
    std::vector<ProgramInput> inputs = {input("ids", ids)};
    std::vector<ProgramOutput> outputs = {output("hidden", hidden)};
    if (wants_pooled()) {
      inputs.push_back(input("end", std::span(&end, 1)));
      outputs.push_back(output("pooled", pooled));
    }
    return program.run(inputs, outputs, stop);
  }

  Result<PartAnswer> encode(const EncodingTerm& term) const {
    ClipTextShape shape;
    shape.hidden = {hidden_of(model, options)};
    shape.pooled = wants_pooled() ? PooledVector::kWith : PooledVector::kWithout;
    TRY(Program* const program, model.text(part, shape));

    const ClipTextConfig& config = text().config;
    const auto chunk_count = static_cast<std::int64_t>(term.chunks.size());
    PartAnswer answer;
    answer.hidden = Tensor(Shape{chunk_count, kChunkRows, config.channels});
    const std::size_t chunk_size = size_of({kChunkRows, config.channels});
    const int pooled_size =
        config.projection_channels > 0 ? config.projection_channels : config.channels;
    std::vector<float> pooled(static_cast<std::size_t>(pooled_size)), weights;
    for (std::size_t i = 0; i < term.chunks.size(); ++i) {
      const std::span hidden = std::span(answer.hidden.values).subspan(i * chunk_size, chunk_size);
      TRY_STATUS(encode_chunk(*program, term.chunks[i], hidden, pooled));
      if (wants_pooled() && i == 0) answer.pooled = Tensor(Shape{pooled_size}, pooled);
      std::ranges::copy(encoder_weights(term.chunks[i]), std::back_inserter(weights));
    }
    TRY_STATUS(apply_emphasis(answer.hidden, weights, options.emphasis));
    return answer;
  }
};

// Two encoders' rows side by side: [tokens, a + b].
Tensor join_channels(const Tensor& a, const Tensor& b) {
  const std::int64_t tokens = a.shape[0] * a.shape[1];
  Tensor joined(Shape{tokens, a.shape.back() + b.shape.back()});
  const auto row_a = static_cast<std::size_t>(a.shape.back());
  const auto row_b = static_cast<std::size_t>(b.shape.back());
  for (std::size_t row = 0; row < static_cast<std::size_t>(tokens); ++row) {
    float* const to = joined.values.data() + row * (row_a + row_b);
    std::copy_n(a.values.data() + row * row_a, row_a, to);
    std::copy_n(b.values.data() + row * row_b, row_b, to + row_a);
  }
  return joined;
}

void add_scaled(Tensor& sum, const Tensor& term, double weight) {
  if (sum.values.empty()) sum = Tensor(term.shape);
  for (std::size_t i = 0; i < term.size(); ++i)
    sum[i] += static_cast<float>(weight * static_cast<double>(term[i]));
}

}  // namespace

Result<Conditioning> TextEncoder::encode_term(const EncodingTerm& term, const TextEncoding& options,
                                              const std::stop_token& stop) {
  TRY(PartAnswer first, (PartRun{model_, 0, options, stop}.encode(term)));
  if (model_.text_parts().size() == 1) {
    first.hidden.shape =
        Shape{first.hidden.shape[0] * first.hidden.shape[1], first.hidden.shape[2]};
    return Conditioning{std::move(first.hidden), std::move(first.pooled)};
  }
  TRY(PartAnswer second, (PartRun{model_, 1, options, stop}.encode(term)));
  return Conditioning{join_channels(first.hidden, second.hidden), std::move(second.pooled)};
}

Result<Conditioning> TextEncoder::encode(const PromptEncoding& prompt, const TextEncoding& options,
                                         const std::stop_token& stop) {
  std::string key = key_of(prompt, options);
  if (const auto found = std::ranges::find(kept_, key, &Kept::key); found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front().value;
  }
  Conditioning sum;
  std::size_t chunk_count = 0;
  for (const EncodingTerm& term : prompt.terms)
    chunk_count = std::max(chunk_count, term.chunks.size());
  for (EncodingTerm term : prompt.terms) {
    pad_chunks(term.chunks, chunk_count);
    TRY(const Conditioning one, encode_term(term, options, stop));
    add_scaled(sum.context, one.context, term.weight);
    if (!one.pooled.values.empty()) add_scaled(sum.pooled, one.pooled, term.weight);
  }
  if (options.zero_if_empty && model_.is_xl() && is_empty(prompt)) {
    std::ranges::fill(sum.context.values, 0.0F);
    std::ranges::fill(sum.pooled.values, 0.0F);
  }
  kept_.push_front({std::move(key), sum});
  if (kept_.size() > kKeptMax) kept_.pop_back();
  return sum;
}

}  // namespace diptych
