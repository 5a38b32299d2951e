#include "structured/mask_bench.h"

#include <optional>

#include "structured/mask_report.h"
#include "structured/wire.h"
#include "structured/workers.h"

namespace diptych::bench {

namespace {

// Every member of a result, for writing and for reading.
template <class Result, class Visit>
void visit_members(Result& result, Visit&& visit) {
  visit(result.id);
  visit(result.verdict);
  visit(result.has_instances);
  visit(result.passes_without_end_check);
  visit(result.reason);
  visit(result.message);
  visit(result.compile_ns);
  visit(result.first_mask_ns);
  visit(result.recompile_ns);
  visit(result.cold_ns);
  visit(result.warm_ns);
  visit(result.memory_bytes);
  visit(result.masks);
  visit(result.mask_hits);
  visit(result.store_hits);
  visit(result.refused_bytes);
}
template <class Item, class Visit>
void visit_misjudged(Item& item, Visit&& visit) {
  visit(item.verdict);
  visit(item.instance);
  visit(item.token);
  visit(item.text);
  visit(item.message);
}

std::string to_bytes(const CaseResult& result) {
  WireWriter out;
  const auto put = [&out](const auto& member) { out.put(member); };
  visit_members(result, put);
  out.put(std::uint64_t{result.misjudged.size()});
  for (const Misjudged& item : result.misjudged) visit_misjudged(item, put);
  return out.bytes();
}

CaseResult from_bytes(std::string_view bytes) {
  WireReader in(bytes);
  const auto get = [&in](auto& member) { in.get(member); };
  CaseResult result;
  visit_members(result, get);
  std::uint64_t count = 0;
  in.get(count);
  for (result.misjudged.resize(count); Misjudged & item : result.misjudged) {
    visit_misjudged(item, get);
  }
  return result;
}

std::string id_of(std::string_view line) {  // without parsing what may have killed a worker
  const auto parsed = parse_case(line);
  return parsed ? parsed->id : "?";
}

}  // namespace

MaskBenchReport run_mask_bench(const CaseFile& file, const grammar::Target& target,
                               const MaskBenchPlan& plan) {
  const std::vector<std::size_t> chosen = choose_cases(file, plan.range);
  const CpuClock clock;
  MaskReport report;
  WorkerPlan workers{.task_count = chosen.size(),
                     .process_count = plan.process_count,
                     .task_ms_max = plan.case_ms_max};
  workers.run = [&](std::size_t task) {
    const auto parsed = parse_case(file.line(chosen[task]));
    if (!parsed) {
      return to_bytes({.verdict = Verdict::kFailure, .message = parsed.error().message});
    }
    return to_bytes(run_case(*parsed, target, plan.settings, clock));
  };
  workers.done = [&](std::size_t, std::string_view answer) { report.add(from_bytes(answer)); };
  workers.lost = [&](std::size_t task, WorkerPlan::Loss loss, std::string_view how) {
    const bool late = loss == WorkerPlan::Loss::kTimeout;
    report.add({.id = id_of(file.line(chosen[task])),
                .verdict = late ? Verdict::kTimeout : Verdict::kCrash,
                .message = std::string(how)});
  };
  run_in_workers(workers);
  return report.finish(clock);
}

}  // namespace diptych::bench
