// bench_structured: the grammar engine under MaskBench's protocol and the official schema test
// suite.

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <fmt/format.h>

#include "structured/mask_bench.h"
#include "structured/suite_bench.h"
#include "structured/vocabulary_file.h"
#include "structured/walks.h"

namespace {

using namespace diptych;

constexpr const char* kUsage = R"(bench_structured --cases FILE.jsonl --vocab FILE.txt
  --order any|schema   keys in any order (default) or the schema's
  --limit N, --from N  so many cases, from that one on
  --only TEXT          cases whose id has this in it
  --jobs N             worker processes (default 1: timings do not disturb each other)
  --case-seconds N     a case that takes longer is stopped and counted (default 60)
  --cold               no second pass over the same compiled schema
  --results FILE       the verdict on every case, one JSON object a line
  --json               the report as JSON
  --walks N            instead: N random walks under the masks of each schema, which must all end
                       in documents that the plain evaluator accepts

bench_structured --suite DIR [--vocab FILE.txt] [--json]
  DIR: a draft's folder of JSON-Schema-Test-Suite, …/tests/draft2020-12
)";

using Arguments = std::map<std::string, std::string>;

Result<Arguments> parse_arguments(int count, char** values) {
  const std::map<std::string, bool> known = {
      {"--cases", true}, {"--vocab", true}, {"--order", true},   {"--limit", true},
      {"--from", true},  {"--suite", true}, {"--walks", true},   {"--case-seconds", true},
      {"--only", true},  {"--jobs", true},  {"--results", true}, {"--cold", false},
      {"--json", false}};
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const auto option = known.find(values[i]);
    if (option == known.end()) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("unknown option {}", values[i]));
    }
    if (option->second && ++i == count) {
      return fail(ErrorCode::kInvalidArgument, option->first + " needs a value");
    }
    arguments[option->first] = option->second ? values[i] : "";
  }
  return arguments;
}

int number_of(const Arguments& arguments, const std::string& name, int otherwise) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? otherwise : std::atoi(found->second.c_str());
}
std::string text_of(const Arguments& arguments, const std::string& name) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? "" : found->second;
}

Result<grammar::Target> target_of(grammar::VocabularySource source) {
  TRY(auto vocabulary, grammar::make_vocabulary_index(std::move(source)));
  return grammar::Target{.vocabulary = std::move(vocabulary), .masks = grammar::make_mask_store()};
}

Result<grammar::Target> read_target(const std::string& path) {
  TRY(grammar::VocabularySource source, bench::read_vocabulary(path));
  return target_of(std::move(source));
}

grammar::Policy benchmark_policy(const std::string& order) {
  return {.order = order == "schema" ? grammar::KeyOrder::kSchema : grammar::KeyOrder::kAny,
          .escapes = grammar::Escapes::kComplete,
          .numbers = grammar::Numbers::kComplete};
}

bench::CaseRange range_of(const Arguments& arguments) {
  return {.first = static_cast<std::size_t>(number_of(arguments, "--from", 0)),
          .limit = static_cast<std::size_t>(number_of(arguments, "--limit", 0)),
          .only = text_of(arguments, "--only")};
}

Status run_random_walks(const Arguments& arguments) {
  TRY(const grammar::Target target, read_target(text_of(arguments, "--vocab")));
  TRY(const bench::CaseFile file, bench::CaseFile::read(text_of(arguments, "--cases")));
  const bench::WalksPlan plan{
      .policy = benchmark_policy(text_of(arguments, "--order")),
      .walk_count = number_of(arguments, "--walks", 1),
      .process_count = std::max(number_of(arguments, "--jobs", 1), 1),
      .case_ms_max = std::max(number_of(arguments, "--case-seconds", 60), 1) * 1000,
      .range = range_of(arguments)};
  std::cout << dump_json_pretty(bench::run_walks(file, target, plan));
  return {};
}

Status run_cases(const Arguments& arguments) {
  TRY(const grammar::Target target, read_target(text_of(arguments, "--vocab")));
  TRY(const bench::CaseFile file, bench::CaseFile::read(text_of(arguments, "--cases")));
  const bench::MaskBenchPlan plan{
      .settings = {.policy = benchmark_policy(text_of(arguments, "--order")),
                   .warm_pass = !arguments.contains("--cold")},
      .process_count = std::max(number_of(arguments, "--jobs", 1), 1),
      .case_ms_max = std::max(number_of(arguments, "--case-seconds", 60), 1) * 1000,
      .range = range_of(arguments)};
  const bench::MaskBenchReport report = bench::run_mask_bench(file, target, plan);
  if (const std::string path = text_of(arguments, "--results"); !path.empty()) {
    std::ofstream results(path);
    for (const bench::CaseResult& result : report.cases) {
      results << dump_json(bench::to_json(result)) << '\n';
    }
  }
  std::cout << (arguments.contains("--json") ? dump_json_pretty(report.summary) : report.text);
  return {};
}

Status run_official_suite(const Arguments& arguments) {
  TRY(const bench::Suite suite, bench::read_suite(text_of(arguments, "--suite")));
  TRY(grammar::Target bytes, target_of(bench::byte_vocabulary()));
  bench::SuitePlan plan{.policy = benchmark_policy(text_of(arguments, "--order")),
                        .bytes = std::move(bytes)};
  plan.policy.formats = grammar::Formats::kAnnotate;  // as the required tests have it
  if (arguments.contains("--vocab")) {
    TRY(plan.words, read_target(text_of(arguments, "--vocab")));
  }
  const bench::SuiteReport report = bench::run_suite(suite, plan);
  std::cout << (arguments.contains("--json") ? dump_json_pretty(report.summary) : report.text);
  return {};
}

Status run(const Arguments& arguments) {
  if (arguments.contains("--suite")) return run_official_suite(arguments);
  if (arguments.contains("--walks")) return run_random_walks(arguments);
  if (arguments.contains("--cases") && arguments.contains("--vocab")) return run_cases(arguments);
  return fail(ErrorCode::kInvalidArgument, "nothing to do");
}

}  // namespace

int main(int count, char** values) {
  const auto arguments = parse_arguments(count, values);
  const Status done = arguments ? run(*arguments) : Status(std::unexpected(arguments.error()));
  if (done) return 0;
  std::cerr << "bench_structured: " << done.error().message << "\n\n" << kUsage;
  return 2;
}
