#include "app/commands/samplers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "image/samplers/schedule_registry.h"
#include "image/samplers/solver_registry.h"

namespace diptych {
namespace {

Json json_of(std::span<const std::string_view> names) {
  Json::Array array;
  for (const std::string_view name : names) array.emplace_back(name);
  return array;
}

Json json_of(const SolverRow& row) {
  return Json::object({{"name", row.name},
                       {"aliases", json_of(row.aliases)},
                       {"evaluations_per_step", row.evaluations_per_step},
                       {"stochastic", row.stochastic},
                       {"schedule", row.schedule},
                       {"flow", row.flow},
                       {"doc", row.doc}});
}

std::string_view name_of(ScheduleModels models) {
  switch (models) {
    case ScheduleModels::kNoise:
      return "noise";
    case ScheduleModels::kFlowOnly:
      return "flow";
    case ScheduleModels::kAny:
      break;
  }
  return "any";
}

Json json_of(const ScheduleRow& row) {
  return Json::object({{"name", row.name},
                       {"aliases", json_of(row.aliases)},
                       {"models", name_of(row.models)},
                       {"doc", row.doc}});
}

std::string aliases_line(std::span<const std::string_view> aliases) {
  return aliases.empty() ? "" : fmt::format("    also {}\n", fmt::join(aliases, ", "));
}

std::string text_of(const SolverRow& row) {
  return fmt::format("{:<20} {} per step{}, {}: {}\n{}", row.name, row.evaluations_per_step,
                     row.stochastic ? ", noise" : "", row.schedule, row.doc,
                     aliases_line(row.aliases));
}

std::string text_of(const ScheduleRow& row) {
  return fmt::format("{:<28} {}\n{}", row.name, row.doc, aliases_line(row.aliases));
}

}  // namespace

Report list_samplers() {
  Report report;
  Json::Array solvers, schedules;
  report.text = "Samplers: evaluations of the model, whether they draw noise, their own schedule\n";
  for (const SolverRow& row : solver_rows()) {
    report.text += text_of(row);
    solvers.push_back(json_of(row));
  }
  report.text += "\nSchedules\n";
  for (const ScheduleRow& row : schedule_rows()) {
    report.text += text_of(row);
    schedules.push_back(json_of(row));
  }
  report.text +=
      fmt::format("\n{} samplers, {} schedules\n", solver_rows().size(), schedule_rows().size());
  report.json =
      Json::object({{"samplers", std::move(solvers)}, {"schedules", std::move(schedules)}});
  return report;
}

}  // namespace diptych
