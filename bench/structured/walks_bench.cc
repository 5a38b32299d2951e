#include <array>
#include <vector>

#include "structured/walks.h"
#include "structured/wire.h"
#include "structured/workers.h"

namespace diptych::bench {

namespace {

constexpr std::size_t kShownBytes = 2000;  // of a walk's text

std::string to_bytes(const std::vector<Walk>& walks) {
  WireWriter out;
  out.put(std::uint64_t{walks.size()});
  for (const Walk& walk : walks) {
    out.put(walk.end);
    out.put(walk.seed);
    out.put(walk.text);
    out.put(walk.message);
  }
  return out.bytes();
}

std::vector<Walk> from_bytes(std::string_view bytes) {
  WireReader in(bytes);
  std::uint64_t count = 0;
  in.get(count);
  std::vector<Walk> walks(count);
  for (Walk& walk : walks) {
    in.get(walk.end);
    in.get(walk.seed);
    in.get(walk.text);
    in.get(walk.message);
  }
  return walks;
}

std::vector<Walk> walks_of(const MaskCase& mask_case, const grammar::Target& target,
                           const WalksPlan& plan, std::size_t number) {
  const grammar::CompileOptions options{.policy = plan.policy};
  const auto schema = grammar::read_schema(mask_case.schema, options);
  const auto constraint = grammar::compile(
      {.kind = grammar::GrammarKind::kJsonSchema, .text = mask_case.schema}, target, options);
  std::vector<Walk> walks;
  if (!constraint || !schema) return walks;
  for (int i = 0; i < plan.walk_count; ++i) {
    walks.push_back(walk_once(*constraint, *schema, number * 1000 + static_cast<std::uint64_t>(i)));
  }
  return walks;
}

class WalkTotals {
 public:
  void add(const std::string& id, const std::vector<Walk>& walks) {
    ++(walks.empty() ? refused_ : walked_);
    for (const Walk& walk : walks) {
      ++ends_[static_cast<std::size_t>(walk.end)];
      if (walk.end == WalkEnd::kSound) continue;
      unsound_.push_back(Json::object({{"case", id},
                                       {"end", name_of(walk.end)},
                                       {"seed", walk.seed},
                                       {"message", walk.message},
                                       {"text", walk.text.substr(0, kShownBytes)}}));
    }
  }
  Json to_json() const {
    Json json = Json::object({{"schemas", walked_}, {"refused", refused_}});
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      json.set(name_of(static_cast<WalkEnd>(i)), ends_[i]);
    }
    json.set("not_sound", unsound_);
    return json;
  }

 private:
  std::int64_t walked_ = 0, refused_ = 0;
  std::array<std::int64_t, 7> ends_{};
  Json unsound_ = Json::array();
};

}  // namespace

Json run_walks(const CaseFile& file, const grammar::Target& target, const WalksPlan& plan) {
  const std::vector<std::size_t> chosen = choose_cases(file, plan.range);
  WalkTotals totals;
  const auto id_of = [&](std::size_t task) {
    const auto parsed = parse_case(file.line(chosen[task]));
    return parsed ? parsed->id : std::string("?");
  };
  WorkerPlan workers{.task_count = chosen.size(),
                     .process_count = plan.process_count,
                     .task_ms_max = plan.case_ms_max};
  workers.run = [&](std::size_t task) {
    const auto parsed = parse_case(file.line(chosen[task]));
    return to_bytes(parsed ? walks_of(*parsed, target, plan, chosen[task]) : std::vector<Walk>{});
  };
  workers.done = [&](std::size_t task, std::string_view answer) {
    totals.add(id_of(task), from_bytes(answer));
  };
  workers.lost = [&](std::size_t task, WorkerPlan::Loss, std::string_view how) {
    totals.add(id_of(task), {{.end = WalkEnd::kCrash, .message = std::string(how)}});
  };
  run_in_workers(workers);
  return totals.to_json();
}

}  // namespace diptych::bench
