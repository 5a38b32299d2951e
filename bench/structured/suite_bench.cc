#include "structured/suite_bench.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "grammar/schema/schema.h"
#include "structured/wire.h"
#include "structured/workers.h"

namespace diptych::bench {

namespace {

enum class Outcome : std::uint32_t {
  kRight,
  kWronglyAccepted,
  kWronglyRejected,
  kRefused,
  kFailure
};
constexpr std::array<std::string_view, 5> kOutcomeNames = {
    "right", "wrongly_accepted", "wrongly_rejected", "refused", "failure"};

std::string_view name_of(std::uint32_t outcome) { return kOutcomeNames[outcome]; }

struct GroupResult {
  std::string refusal;                             // empty: compiled
  std::vector<std::uint32_t> bytes, words, judge;  // an Outcome for each test; words may be empty
};

bool allows(grammar::MaskView mask, grammar::Token token) {
  const auto bit = static_cast<std::uint32_t>(token);
  return ((mask[bit / 32] >> (bit % 32)) & 1U) != 0;
}

Outcome judged(bool accepted, bool valid) {
  if (accepted == valid) return Outcome::kRight;
  return accepted ? Outcome::kWronglyAccepted : Outcome::kWronglyRejected;
}

Outcome fed(const grammar::Constraint& constraint, const SuiteTest& test) {
  grammar::Matcher matcher = constraint.start();
  for (const grammar::Token token : constraint.vocabulary().cut(test.text)) {
    const auto mask = matcher.mask();
    if (!mask) return Outcome::kFailure;
    if (!allows(*mask, token)) return judged(false, test.valid);
    if (!matcher.accept(token)) return Outcome::kFailure;
  }
  return judged(matcher.may_end(), test.valid);
}

class SuiteRun {
 public:
  SuiteRun(const Suite& suite, const SuitePlan& plan) : suite_(suite), plan_(plan) {}

  GroupResult run(const SuiteGroup& group) const {
    GroupResult result;
    result.bytes = outcomes(group, plan_.bytes, result.refusal);
    if (plan_.words) result.words = outcomes(group, *plan_.words, result.refusal);
    result.judge = by_judge(group);
    return result;
  }

 private:
  grammar::CompileOptions options() const {
    return {.policy = plan_.policy, .registry = suite_.remotes};
  }

  std::vector<std::uint32_t> outcomes(const SuiteGroup& group, const grammar::Target& target,
                                      std::string& refusal) const {
    const auto constraint = grammar::compile(
        {.kind = grammar::GrammarKind::kJsonSchema, .text = group.schema}, target, options());
    std::vector<std::uint32_t> outcomes;
    if (!constraint) {
      refusal = fmt::format("{} {}: {}", grammar::name_of(constraint.error().code),
                            constraint.error().keyword, constraint.error().message);
    }
    // A schema that nothing satisfies is rightly refused.
    const bool nothing_is_valid = std::ranges::none_of(group.tests, &SuiteTest::valid);
    const bool rightly_refused = !constraint && nothing_is_valid &&
                                 constraint.error().code == grammar::RefusalCode::kUnsatisfiable;
    for (const SuiteTest& test : group.tests) {
      Outcome outcome = rightly_refused ? Outcome::kRight : Outcome::kRefused;
      if (constraint) outcome = fed(*constraint, test);
      outcomes.push_back(static_cast<std::uint32_t>(outcome));
    }
    return outcomes;
  }

  // The plain evaluator on the same tests.
  std::vector<std::uint32_t> by_judge(const SuiteGroup& group) const {
    const auto schema = grammar::read_schema(group.schema, options());
    std::vector<std::uint32_t> outcomes;
    for (const SuiteTest& test : group.tests) {
      const auto value = grammar::read_json(test.text);
      Outcome outcome = schema ? Outcome::kFailure : Outcome::kRefused;
      if (schema && value) outcome = judged(!grammar::validate(*schema, *value), test.valid);
      outcomes.push_back(static_cast<std::uint32_t>(outcome));
    }
    return outcomes;
  }

  const Suite& suite_;
  const SuitePlan& plan_;
};

std::string to_bytes(const GroupResult& result) {
  WireWriter out;
  out.put(result.refusal);
  out.put(result.bytes);
  out.put(result.words);
  out.put(result.judge);
  return out.bytes();
}

GroupResult from_bytes(std::string_view bytes) {
  WireReader in(bytes);
  GroupResult result;
  in.get(result.refusal);
  in.get(result.bytes);
  in.get(result.words);
  in.get(result.judge);
  return result;
}

class SuiteTotals {
 public:
  void add(const SuiteGroup& group, const GroupResult& result) {
    for (std::size_t i = 0; i < group.tests.size(); ++i) {
      ++bytes_[result.bytes[i]];
      ++judge_[result.judge[i]];
      ++by_file_[group.file][result.bytes[i]];
      const bool agree = result.words.empty() || result.words[i] == result.bytes[i];
      if (!agree) ++disagreements_;
      const bool refused = result.bytes[i] == static_cast<std::uint32_t>(Outcome::kRefused);
      if ((result.bytes[i] == 0 && agree) || (refused && agree)) continue;
      Json item = place(group);
      item.set("test", group.tests[i].description);
      item.set("verdict", name_of(result.bytes[i]));
      item.set("text", group.tests[i].text);
      if (!agree) item.set("other_vocabulary", name_of(result.words[i]));
      misjudged_.push_back(std::move(item));
    }
    if (result.bytes.empty() || result.bytes[0] != static_cast<std::uint32_t>(Outcome::kRefused)) {
      return;
    }
    Json item = place(group);
    item.set("tests", static_cast<std::int64_t>(group.tests.size()));
    item.set("reason", result.refusal);
    refused_.push_back(std::move(item));
  }

  Json to_json() const {
    Json summary = counts(bytes_);
    summary.set("vocabularies_disagree", disagreements_);
    summary.set("evaluator", counts(judge_));
    Json files = Json::object();
    for (const auto& [file, outcomes] : by_file_) files.set(file, counts(outcomes));
    summary.set("files", std::move(files));
    summary.set("refused_groups", refused_);
    summary.set("misjudged", misjudged_);
    return summary;
  }

 private:
  using Outcomes = std::array<std::int64_t, kOutcomeNames.size()>;
  static Json counts(const Outcomes& outcomes) {
    std::int64_t all = 0;
    for (const std::int64_t count : outcomes) all += count;
    Json json = Json::object({{"tests", all}});
    for (std::uint32_t i = 0; i < outcomes.size(); ++i) json.set(name_of(i), outcomes[i]);
    return json;
  }
  static Json place(const SuiteGroup& group) {
    return Json::object({{"file", group.file}, {"group", group.description}});
  }

  Outcomes bytes_{}, judge_{};
  std::map<std::string, Outcomes> by_file_;
  std::int64_t disagreements_ = 0;
  Json misjudged_ = Json::array(), refused_ = Json::array();
};

std::string text_of(const Json& summary) {
  const auto line = [](const Json& counts) {
    std::string text;
    for (const Json::Member& member : counts.as_object()) {
      if (member.value.is_int()) text += fmt::format("{} {}  ", member.name, member.value.as_int());
    }
    return text;
  };
  std::string out =
      fmt::format("{}\nevaluator alone: {}\n\n", line(summary), line(summary["evaluator"]));
  for (const Json::Member& file : summary["files"].as_object()) {
    if (file.value["right"] == file.value["tests"]) continue;
    out += fmt::format("{:24} {}\n", file.name, line(file.value));
  }
  for (const char* list : {"refused_groups", "misjudged"}) {
    out += fmt::format("\n{}\n", list);
    for (const Json& item : summary[list].as_array()) out += dump_json(item) + "\n";
  }
  return out;
}

}  // namespace

SuiteReport run_suite(const Suite& suite, const SuitePlan& plan) {
  const SuiteRun run(suite, plan);
  SuiteTotals totals;
  WorkerPlan workers{.task_count = suite.groups.size()};
  workers.run = [&](std::size_t task) { return to_bytes(run.run(suite.groups[task])); };
  workers.done = [&](std::size_t task, std::string_view answer) {
    totals.add(suite.groups[task], from_bytes(answer));
  };
  workers.lost = [&](std::size_t task, WorkerPlan::Loss, std::string_view how) {
    const std::vector<std::uint32_t> failed(suite.groups[task].tests.size(),
                                            static_cast<std::uint32_t>(Outcome::kFailure));
    totals.add(suite.groups[task],
               {.refusal = std::string(how), .bytes = failed, .words = {}, .judge = failed});
  };
  run_in_workers(workers);
  Json summary = totals.to_json();
  std::string text = text_of(summary);
  return {.summary = std::move(summary), .text = std::move(text)};
}

}  // namespace diptych::bench
