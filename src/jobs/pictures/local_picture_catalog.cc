#include "jobs/pictures/local_picture_catalog.h"

#include <set>
#include <utility>

namespace diptych {
namespace {

class LocalPictureCatalog final : public PictureCatalog {
 public:
  LocalPictureCatalog(PictureLibrary& library, ResidentModels& models)
      : library_(library), models_(models) {}

  std::vector<PictureModelEntry> models() override {
    const std::set<std::string> resident = models_.resident();
    std::vector<PictureModelEntry> entries;
    for (FoundPictureModel& model : library_.list()) {
      model.entry.resident = resident.contains(model.entry.id);
      entries.push_back(std::move(model.entry));
    }
    return entries;
  }

  Result<PictureModelEntry> find(std::string_view id_or_title) override {
    TRY(FoundPictureModel found, library_.find(id_or_title));
    found.entry.resident = models_.resident().contains(found.entry.id);
    return std::move(found.entry);
  }

  std::string default_model() const override { return library_.default_model(); }
  Status check(const PictureJob& job) override { return models_.check(job); }
  Result<std::string> load(std::string_view id) override { return models_.load(id); }
  Status unload(std::string_view id) override { return models_.unload(id); }
  void refresh() override { library_.refresh(); }

 private:
  PictureLibrary& library_;
  ResidentModels& models_;
};

}  // namespace

std::unique_ptr<PictureCatalog> make_local_picture_catalog(PictureLibrary& library,
                                                           ResidentModels& models) {
  return std::make_unique<LocalPictureCatalog>(library, models);
}

}  // namespace diptych
