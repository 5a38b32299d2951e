#include "structured/case_run.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include <fmt/format.h>

namespace diptych::bench {

namespace {

constexpr std::size_t kShownBytes = 60;  // of the text before a misjudged token

struct Judgement {
  bool accepted_all = false;
  bool may_end = false;
  std::size_t position = 0;  // tokens accepted
  std::optional<std::string> failure;
};

bool allows(grammar::MaskView mask, grammar::Token token) {
  const auto bit = static_cast<std::uint32_t>(token);
  return bit / 32 < mask.size() && ((mask[bit / 32] >> (bit % 32)) & 1U) != 0;
}

class CaseRun {
 public:
  CaseRun(const MaskCase& mask_case, const grammar::Constraint& constraint, const CpuClock& clock)
      : case_(mask_case), constraint_(constraint), clock_(clock) {}

  Judgement judge(const Instance& instance, std::vector<std::uint32_t>& samples) const {
    grammar::Matcher matcher = constraint_.start();
    Judgement judgement;
    for (const grammar::Token token : instance.tokens) {
      const std::uint64_t start = CpuClock::now_ns();
      const auto mask = matcher.mask();
      const bool allowed = mask && allows(*mask, token);
      const Status accepted = allowed ? matcher.accept(token) : Status{};
      samples.push_back(
          static_cast<std::uint32_t>(std::min<std::uint64_t>(clock_.since_ns(start), 0xffff'ffff)));
      if (!mask) judgement.failure = mask.error().message;
      if (!accepted) judgement.failure = "mask and accept disagree: " + accepted.error().message;
      if (!allowed || !accepted) return judgement;
      ++judgement.position;
    }
    judgement.accepted_all = true;
    judgement.may_end = matcher.may_end();
    return judgement;
  }

  void run(std::vector<std::uint32_t>& samples, CaseResult& result) const {
    result.passes_without_end_check = true;
    for (std::size_t i = 0; i < case_.instances.size(); ++i) {
      const Instance& instance = case_.instances[i];
      const Judgement judgement = judge(instance, samples);
      const bool accepted = judgement.accepted_all && judgement.may_end;
      if (judgement.failure || judgement.accepted_all != instance.valid) {
        result.passes_without_end_check = false;
      }
      if (!judgement.failure && accepted == instance.valid) continue;
      Verdict verdict = instance.valid ? Verdict::kValidRejected : Verdict::kInvalidAccepted;
      if (judgement.failure) verdict = Verdict::kFailure;
      result.misjudged.push_back({.verdict = verdict,
                                  .instance = static_cast<std::uint32_t>(i),
                                  .token = static_cast<std::uint32_t>(judgement.position),
                                  .text = text_before(instance, judgement.position),
                                  .message = judgement.failure.value_or("")});
    }
  }

 private:
  std::string text_before(const Instance& instance, std::size_t position) const {
    std::string text;
    for (const grammar::Token token : std::span(instance.tokens).first(position)) {
      text += constraint_.vocabulary().bytes_of(token);
    }
    if (text.size() > kShownBytes) text.erase(0, text.size() - kShownBytes);
    if (position < instance.tokens.size()) {
      text += fmt::format(" ⟦{}⟧", constraint_.vocabulary().bytes_of(instance.tokens[position]));
    }
    return text;
  }

  const MaskCase& case_;
  const grammar::Constraint& constraint_;
  const CpuClock& clock_;
};

// The worst that happened to any instance.
Verdict worst_of(const std::vector<Misjudged>& misjudged) {
  for (const Verdict verdict :
       {Verdict::kFailure, Verdict::kInvalidAccepted, Verdict::kValidRejected}) {
    if (std::ranges::any_of(misjudged, [&](const Misjudged& m) { return m.verdict == verdict; })) {
      return verdict;
    }
  }
  return Verdict::kPass;
}

void set_refusal(const grammar::Refusal& refusal, CaseResult& result) {
  result.verdict = Verdict::kRefused;
  result.reason = fmt::format("{} {}", grammar::name_of(refusal.code), refusal.keyword);
  result.message = fmt::format("{}: {}", refusal.pointer, refusal.message);
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  constexpr std::array<std::string_view, 7> kNames = {
      "pass", "refused", "valid_rejected", "invalid_accepted", "failure", "crash", "timeout"};
  return kNames[static_cast<std::size_t>(verdict)];
}

CaseResult run_case(const MaskCase& mask_case, const grammar::Target& target,
                    const CaseSettings& settings, const CpuClock& clock) {
  CaseResult result{.id = mask_case.id, .has_instances = !mask_case.instances.empty()};
  const grammar::GrammarSource source{.kind = grammar::GrammarKind::kJsonSchema,
                                      .text = mask_case.schema};
  const grammar::CompileOptions options{.policy = settings.policy};
  const std::uint64_t start = CpuClock::now_ns();
  const auto constraint = grammar::compile(source, target, options);
  result.compile_ns = clock.since_ns(start);
  if (!constraint) {
    set_refusal(constraint.error(), result);
    return result;
  }
  const std::uint64_t first = CpuClock::now_ns();
  const auto first_mask = constraint->start().mask();
  result.first_mask_ns = clock.since_ns(first);
  if (!first_mask) {
    result.misjudged.push_back(
        {.verdict = Verdict::kFailure, .message = first_mask.error().message});
  }
  const CaseRun run(mask_case, *constraint, clock);
  run.run(result.cold_ns, result);
  if (settings.warm_pass) {
    CaseResult again;
    run.run(result.warm_ns, again);
    const std::uint64_t once_more = CpuClock::now_ns();
    const auto same = grammar::compile(source, target, options);
    result.recompile_ns = clock.since_ns(once_more);
  }
  const grammar::ConstraintStats stats = constraint->stats();
  result.memory_bytes = stats.memory_bytes;
  result.masks = stats.masks;
  result.mask_hits = stats.mask_hits;
  result.store_hits = stats.store_hits;
  result.refused_bytes = stats.refused_bytes;
  result.verdict = worst_of(result.misjudged);
  return result;
}

}  // namespace diptych::bench
