#include "structured/mask_report.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace diptych::bench {

namespace {

constexpr std::size_t kSlowestShown = 5;
constexpr std::size_t kMisjudgedPrinted = 40;  // the JSON report has them all

double us(std::uint64_t ns) { return static_cast<double>(ns) / 1000; }

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Json to_json(const Misjudged& item, const std::string& id) {
  Json json = Json::object({{"case", id},
                            {"verdict", name_of(item.verdict)},
                            {"instance", std::int64_t{item.instance}},
                            {"token", std::int64_t{item.token}},
                            {"text", item.text}});
  if (!item.message.empty()) json.set("message", item.message);
  return json;
}

}  // namespace

Json to_json(const CaseResult& result) {
  Json json = Json::object({{"case", result.id}, {"verdict", name_of(result.verdict)}});
  if (!result.reason.empty()) json.set("reason", result.reason);
  if (!result.message.empty()) json.set("message", result.message);
  json.set("compile_us", us(result.compile_ns));
  return json;
}

void MaskReport::Slowest::add(std::uint64_t ns, const std::string& id) {
  cases.emplace_back(ns, id);
  std::ranges::sort(cases, std::greater<>());
  if (cases.size() > kSlowestShown) cases.pop_back();
}

Json MaskReport::Slowest::to_json() const {
  Json list = Json::array();
  for (const auto& [ns, id] : cases) list.push_back(Json::object({{"case", id}, {"us", us(ns)}}));
  return list;
}

void MaskReport::add(CaseResult result) {
  if (result.verdict == Verdict::kRefused) ++refusals_[result.reason];
  const bool compiled = result.verdict != Verdict::kRefused && result.verdict != Verdict::kCrash &&
                        result.verdict != Verdict::kTimeout;
  if (compiled) {
    compile_.add(result.compile_ns);
    compile_and_first_.add(result.compile_ns + result.first_mask_ns);
    if (result.recompile_ns > 0) recompile_.add(result.recompile_ns);
    cold_.add(result.cold_ns);
    warm_.add(result.warm_ns);
    slowest_compile_.add(result.compile_ns, result.id);
    slowest_first_.add(result.first_mask_ns, result.id);
    const auto slowest = std::ranges::max_element(result.cold_ns);
    if (slowest != result.cold_ns.end()) slowest_mask_.add(*slowest, result.id);
  }
  masks_ += result.masks;
  mask_hits_ += result.mask_hits;
  store_hits_ += result.store_hits;
  refused_bytes_ += result.refused_bytes;
  result.cold_ns = {};
  result.warm_ns = {};
  cases_.push_back(std::move(result));
}

std::int64_t MaskReport::count(Verdict verdict) const {
  return std::ranges::count(cases_, verdict, &CaseResult::verdict);
}

Json MaskReport::counts() const {
  const auto bare = std::ranges::count_if(cases_, [](const CaseResult& result) {
    return result.verdict == Verdict::kPass && !result.has_instances;
  });
  const auto without_end = std::ranges::count_if(cases_, [](const CaseResult& result) {
    return result.verdict != Verdict::kRefused && result.passes_without_end_check;
  });
  return Json::object(
      {{"cases", static_cast<std::int64_t>(cases_.size())},
       {"passing", count(Verdict::kPass)},
       {"passing_without_instances", bare},
       {"passing_without_end_check", without_end},
       {"refused", count(Verdict::kRefused)},
       {"valid_rejected", count(Verdict::kValidRejected)},
       {"invalid_accepted", count(Verdict::kInvalidAccepted)},
       {"failures", count(Verdict::kFailure) + count(Verdict::kCrash) + count(Verdict::kTimeout)},
       {"crashes", count(Verdict::kCrash)},
       {"timeouts", count(Verdict::kTimeout)}});
}

Json MaskReport::memory() const {
  std::vector<std::uint64_t> bytes;
  for (const CaseResult& result : cases_) {
    if (result.memory_bytes > 0) bytes.push_back(result.memory_bytes);
  }
  std::ranges::sort(bytes);
  const auto at = [&bytes](std::size_t percent) -> std::int64_t {
    if (bytes.empty()) return 0;
    return static_cast<std::int64_t>(
        bytes[std::min(bytes.size() * percent / 100, bytes.size() - 1)]);
  };
  return Json::object({{"p50", at(50)}, {"p90", at(90)}, {"p99", at(99)}, {"max", at(100)}});
}

Json MaskReport::misjudged() const {
  Json list = Json::array();
  for (const CaseResult& result : cases_) {
    for (const Misjudged& item : result.misjudged) list.push_back(to_json(item, result.id));
    if (result.verdict == Verdict::kCrash || result.verdict == Verdict::kTimeout) {
      list.push_back(Json::object({{"case", result.id},
                                   {"verdict", name_of(result.verdict)},
                                   {"message", result.message}}));
    }
  }
  return list;
}

MaskBenchReport MaskReport::finish(const CpuClock& clock) {
  for (Samples* samples : {&compile_, &compile_and_first_, &recompile_, &cold_, &warm_}) {
    samples->sort();
  }
  Json refusals = Json::object();
  for (const auto& [reason, cases] : refusals_) refusals.set(reason, cases);
  Json summary = counts();
  summary.set("compile_us", bench::to_json(compile_));
  summary.set("compile_and_first_mask_us", bench::to_json(compile_and_first_));
  summary.set("compile_again_us", bench::to_json(recompile_));
  summary.set("mask_commit_us", bench::to_json(cold_));
  summary.set("mask_commit_warm_us", bench::to_json(warm_));
  summary.set("clock_ns_subtracted", clock.own_cost_ns());
  summary.set("refusals", std::move(refusals));
  summary.set("memory_bytes", memory());
  summary.set("masks", Json::object({{"asked", masks_},
                                     {"own_hit_rate", share(mask_hits_, masks_)},
                                     {"store_hit_rate", share(store_hits_, masks_)},
                                     {"bytes_refused_for_budget", refused_bytes_}}));
  summary.set("slowest", Json::object({{"compile", slowest_compile_.to_json()},
                                       {"first_mask", slowest_first_.to_json()},
                                       {"mask_commit", slowest_mask_.to_json()}}));
  summary.set("misjudged", misjudged());
  std::string for_people = text(summary);
  return {.cases = std::move(cases_), .summary = std::move(summary), .text = std::move(for_people)};
}

std::string MaskReport::text(const Json& summary) const {
  std::string out;
  const double cases = static_cast<double>(std::max<std::size_t>(cases_.size(), 1));
  const Json numbers = counts();
  for (const Json::Member& member : numbers.as_object()) {
    const std::int64_t value = member.value.as_int();
    out += fmt::format("{:28} {:6}  {:6.2f} %\n", member.name, value,
                       100 * static_cast<double>(value) / cases);
  }
  out += fmt::format("\n{}\n{}\n{}\n{}\n{}\n{}\n\n", table_head(), table_row("compile", compile_),
                     table_row("compile + first mask", compile_and_first_),
                     table_row("compile again", recompile_), table_row("mask + commit", cold_),
                     table_row("mask + commit, warm", warm_));
  for (const char* name : {"memory_bytes", "masks", "slowest"}) {
    out += fmt::format("{}: {}\n", name, dump_json(summary[name]));
  }
  out += "\nrefused\n";
  std::vector<std::pair<std::int64_t, std::string>> reasons;
  for (const auto& [reason, number] : refusals_) reasons.emplace_back(number, reason);
  std::ranges::sort(reasons, std::greater<>());
  for (const auto& [number, reason] : reasons) out += fmt::format("{:6}  {}\n", number, reason);
  out += "\nmisjudged\n";
  const auto& list = summary["misjudged"].as_array();
  for (std::size_t i = 0; i < std::min(list.size(), kMisjudgedPrinted); ++i) {
    out += dump_json(list[i]) + "\n";
  }
  if (list.size() > kMisjudgedPrinted) {
    out += fmt::format("… and {} more; --json has them all\n", list.size() - kMisjudgedPrinted);
  }
  return out;
}

}  // namespace diptych::bench
