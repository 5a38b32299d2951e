#include "image/prompt/prompt_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/unicode.h"
#include "image/prompt/characters.h"
#include "image/prompt/composition.h"
#include "image/prompt/limits.h"
#include "image/prompt/warnings.h"

namespace diptych {
namespace {

enum class Side : std::uint32_t { kPositive = 0, kNegative = 1 };

std::string_view param_of(Side side) {
  return side == Side::kPositive ? "prompt" : "negative_prompt";
}

Status check_text(std::string_view text, std::string_view param) {
  if (text.size() > kPromptBytesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} bytes, at most {}", text.size(), kPromptBytesMax),
                std::string(param));
  }
  if (!is_valid_utf8(text)) {
    return fail(ErrorCode::kInvalidArgument, "not valid UTF-8", std::string(param));
  }
  return {};
}

// Plans one of the two texts; what it finds besides goes to the plan.
class SidePlanner {
 public:
  SidePlanner(const PromptRequest& request, const Tokenize& tokenize, Side side, PromptPlan& plan)
      : request_(request), tokenize_(tokenize), side_(side), param_(param_of(side)), plan_(plan) {}

  Result<PromptSide> run() {
    TRY(side_plan_.text, written_text());
    TRY(NetworkTags tags, take_network_tags(side_plan_.text, param_, request_.network_weight));
    keep_warnings(tags.warnings);
    keep_networks(tags.tags);
    TRY(const std::vector<ComposedText> parts, compose(std::move(tags.text)));
    for (const ComposedText& part : parts) TRY_STATUS(add_part(part));
    return std::move(side_plan_);
  }

 private:
  // Comments, styles, choices.
  Result<std::string> written_text() {
    const bool positive = side_ == Side::kPositive;
    const std::string& given = positive ? request_.prompt : request_.negative_prompt;
    TRY_STATUS(check_text(given, param_));
    std::string text = remove_comments(given, request_.line_comments);
    std::vector<std::string> local_words;
    for (const PromptStyle& style : request_.styles) {
      const std::string& addition = positive ? style.prompt : style.negative_prompt;
      TRY_STATUS(check_text(addition, "styles"));
      text = apply_style(addition, text, request_.style_join);
      TRY_STATUS(check_text(text, param_));
      if (!style.wildcards.empty()) local_words.push_back(style.wildcards);
    }
    TRY(ChosenPrompt chosen, make_choices(text, {.seed = request_.seed,
                                                 .stream = static_cast<std::uint32_t>(side_),
                                                 .find_wildcard = request_.find_wildcard,
                                                 .local_words = local_words,
                                                 .param = param_}));
    TRY_STATUS(check_text(chosen.text, param_));
    keep_warnings(chosen.warnings);
    std::ranges::move(chosen.choices, std::back_inserter(plan_.choices));
    return std::move(chosen.text);
  }

  void keep_networks(std::vector<NetworkTag>& tags) {
    if (side_ == Side::kPositive) {
      plan_.networks = std::move(tags);
      return;
    }
    for (const NetworkTag& tag : tags) {
      add_warning(plan_.warnings,
                  {std::string(param_),
                   fmt::format("networks are taken from the prompt only: <{}:{}> is removed and "
                               "has no effect",
                               name_of(tag.kind), tag.name.substr(0, 100))});
    }
  }

  Result<std::vector<ComposedText>> compose(std::string text) {
    const bool composes = describe(request_.attention).schedules;
    if (composes && side_ == Side::kPositive) return split_composition(text, param_);
    if (composes && find_word(text, "AND")) {
      add_warning(plan_.warnings,
                  {std::string(param_), "AND joins prompts only; here it is a word"});
    }
    return std::vector<ComposedText>{{.text = std::move(text), .weight = 1}};
  }

  Status add_part(const ComposedText& composed) {
    PromptPart part{.weight = composed.weight, .schedule = {}};
    TRY(PromptSchedule schedule, schedule_of(composed.text));
    keep_warnings(schedule.warnings);
    for (ScheduledText& entry : schedule.entries) {
      TRY(const int encoding, encoding_of(std::move(entry.text)));
      part.schedule.push_back({entry.last_step, encoding});
    }
    side_plan_.parts.push_back(std::move(part));
    return {};
  }

  Result<PromptSchedule> schedule_of(const std::string& text) const {
    const PromptScheduleOptions options{.steps = request_.steps,
                                        .base_steps = request_.base_steps,
                                        .rule = request_.schedule_rule,
                                        .param = param_};
    if (describe(request_.attention).schedules) return schedule_prompt(text, options);
    return PromptSchedule{.entries = {{request_.steps, text}}, .warnings = {}};
  }

  // Equal texts are one encoding.
  Result<int> encoding_of(std::string text) {
    if (const auto known = by_text_.find(text); known != by_text_.end()) return known->second;
    TRY(PromptEncoding encoding, encode(text));
    const int index = static_cast<int>(side_plan_.encodings.size());
    by_text_.emplace(std::move(text), index);
    side_plan_.encodings.push_back(std::move(encoding));
    return index;
  }

  Result<PromptEncoding> encode(const std::string& text) {
    const bool reads_brackets = request_.emphasis != EmphasisMode::kNone;
    TRY(ParsedAttention parsed,
        parse_attention(text,
                        {.syntax = reads_brackets ? request_.attention : AttentionSyntax::kFixed,
                         .newline_breaks = request_.newline_breaks,
                         .param = param_}));
    keep_warnings(parsed.warnings);
    PromptEncoding encoding{.text = text, .terms = {}};
    for (AttentionTerm& term : parsed.terms) {
      if (request_.emphasis == EmphasisMode::kIgnore) {
        for (AttentionPiece& piece : term.pieces) piece.weight = 1;
      }
      TRY(ChunkedText chunked, make_chunks(term.pieces, tokenize_,
                                           {.comma_backtrack = request_.comma_backtrack,
                                            .embeddings = request_.embeddings,
                                            .param = param_}));
      encoding.token_count = std::max(encoding.token_count, chunked.token_count);
      chunk_count_ += chunked.chunks.size();
      encoding.terms.push_back({term.weight, std::move(chunked.chunks)});
    }
    if (chunk_count_ > kPromptChunksMax) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the texts of all steps have more than {} chunks of {} tokens",
                              kPromptChunksMax, kChunkTokens),
                  std::string(param_));
    }
    return encoding;
  }

  void keep_warnings(Warnings& warnings) {
    for (Warning& warning : warnings) add_warning(plan_.warnings, std::move(warning));
  }

  const PromptRequest& request_;
  const Tokenize& tokenize_;
  Side side_;
  std::string_view param_;
  PromptPlan& plan_;
  PromptSide side_plan_;
  std::map<std::string, int> by_text_;
  std::size_t chunk_count_ = 0;
};

}  // namespace

int PromptPart::encoding_at(int step) const {
  const auto entry = std::ranges::lower_bound(schedule, step, {}, &ScheduleEntry::last_step);
  return entry == schedule.end() ? schedule.back().encoding : entry->encoding;
}

Result<PromptPlan> plan_prompt(const PromptRequest& request, const Tokenize& tokenize) {
  if (request.steps < 1 || request.steps > kScheduleStepsMax || request.base_steps < 0) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} steps; 1 to {} are possible", request.steps, kScheduleStepsMax),
                "steps");
  }
  PromptPlan plan;
  TRY(plan.positive, SidePlanner(request, tokenize, Side::kPositive, plan).run());
  TRY(plan.negative, SidePlanner(request, tokenize, Side::kNegative, plan).run());
  return plan;
}

}  // namespace diptych
