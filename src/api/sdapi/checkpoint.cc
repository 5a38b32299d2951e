#include "api/sdapi/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/file.h"

namespace diptych::sdapi {
namespace {

constexpr std::size_t kShortHash = 10, kListedMax = 20;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::vector<std::string> names_of(const PictureModelEntry& model) {
  const Path path(model.path);
  std::vector<std::string> names = {model.title, model.id, path.filename().string(),
                                    model_name_of(model), model.path};
  if (!model.sha256.empty()) names.insert(names.end(), {short_hash(model), model.sha256});
  for (std::string& name : names) name = lower(name);
  return names;
}

}  // namespace

std::string short_hash(const PictureModelEntry& model) {
  return model.sha256.substr(0, kShortHash);
}

std::string model_name_of(const PictureModelEntry& model) {
  return Path(model.path).stem().string();
}

Result<PictureModelEntry> find_checkpoint(std::string_view name, PictureCatalog& catalog,
                                          std::string_view path) {
  const std::string wanted = lower(name);
  const std::vector<PictureModelEntry> models = catalog.models();
  std::vector<const PictureModelEntry*> prefixed;
  for (const PictureModelEntry& model : models) {
    const std::vector<std::string> names = names_of(model);
    if (std::ranges::find(names, wanted) != names.end()) return model;
    const auto begins = [&](const std::string& each) { return each.starts_with(wanted); };
    if (!wanted.empty() && std::ranges::any_of(names, begins)) prefixed.push_back(&model);
  }
  if (prefixed.size() == 1) return *prefixed.front();
  std::vector<std::string_view> titles;
  for (const PictureModelEntry& model : models)
    if (titles.size() < kListedMax) titles.push_back(model.title);
  return fail(ErrorCode::kNotFound,
              fmt::format("There is {} checkpoint '{}'; there are: {}.",
                          prefixed.empty() ? "no" : "more than one", name, fmt::join(titles, ", ")),
              std::string(path));
}

}  // namespace diptych::sdapi
