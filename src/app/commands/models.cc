#include "app/commands/models.h"

#include <fmt/format.h>

#include "app/progress_bar.h"
#include "app/text_models.h"

namespace diptych {
namespace {

ModelLibrary library_of(const AppConfig& config) { return ModelLibrary(library_places(config)); }

Json json_of(const ModelEntry& entry) {
  return Json::object({{"id", entry.id},
                       {"path", entry.path.string()},
                       {"size_bytes", entry.size_bytes},
                       {"created", entry.created}});
}

Json json_of(const ModelFacts& facts) {
  return Json::object({{"architecture", facts.architecture},
                       {"name", facts.name},
                       {"quantization", facts.quantization},
                       {"context_length", facts.context_length},
                       {"vocabulary_size", facts.vocabulary_size},
                       {"embedding_length", facts.embedding_length},
                       {"parameter_count", facts.parameter_count},
                       {"has_chat_template", facts.has_chat_template}});
}

std::string text_of(const ModelEntry& entry, const ModelFacts& facts) {
  return fmt::format(
      "id              {}\nfile            {}\nsize            {}\nname            {}\n"
      "architecture    {}, {:.1f} million parameters, {}\ncontext         {} tokens\n"
      "vocabulary      {} tokens\nchat template   {}\n",
      entry.id, entry.path.string(), human_size(entry.size_bytes), facts.name, facts.architecture,
      static_cast<double>(facts.parameter_count) / 1e6, facts.quantization, facts.context_length,
      facts.vocabulary_size, facts.has_chat_template ? "yes" : "no: /v1/completions only");
}

}  // namespace

Result<Report> list_models(const AppConfig& config) {
  TRY(const std::vector<ModelEntry> entries, library_of(config).list());
  Report report{.json = Json::object({{"models", Json::array()}})};
  for (const ModelEntry& entry : entries) {
    report.json.find("models")->push_back(json_of(entry));
    report.text += fmt::format("{:<40} {:>10}  {}\n", entry.id, human_size(entry.size_bytes),
                               entry.path.string());
  }
  if (entries.empty()) {
    report.text =
        "no models; get the default one with tools/bootstrap, or: diptych models add FILE.gguf\n";
  }
  return report;
}

Result<Report> describe_model(const AppConfig& config, std::string_view id) {
  const ModelLibrary library = library_of(config);
  TRY(const ModelEntry entry, library.find(id.empty() ? library.places().default_id : id));
  TRY(const ModelFacts facts, read_model_facts(entry.path));
  TRY(const std::optional<std::string> hash, library.known_sha256(entry.id));
  Report report{.text = text_of(entry, facts), .json = json_of(entry)};
  report.json.set("facts", json_of(facts));
  report.json.set("sha256", hash ? Json(*hash) : Json());
  if (hash) report.text += fmt::format("sha256          {}\n", *hash);
  return report;
}

Result<Report> add_model(const AppConfig& config, const NewModel& model) {
  TRY_STATUS(read_model_facts(
      model.file));  // refuses what this build cannot read before anything is written
  ProgressBar bar("hashing", system_clock());
  TRY(const ModelEntry entry,
      library_of(config).add(model, [&bar](std::uint64_t done, std::uint64_t all) {
        bar.show(static_cast<double>(done) / static_cast<double>(all));
      }));
  return Report{.text = fmt::format("added {}: {}\n", entry.id, entry.path.string()),
                .json = json_of(entry)};
}

Result<Report> remove_model(const AppConfig& config, std::string_view id) {
  TRY(const ModelEntry entry, library_of(config).remove(id));
  return Report{.text = fmt::format("removed {} ({})\n", entry.id, entry.path.string()),
                .json = json_of(entry)};
}

}  // namespace diptych
