// The JSON files that name other files, model_index.json and the index of shards: never a crash,
// and never a name that leads out of the folder.

#include "base/check.h"
#include "formats/diffusers_folder.h"
#include "formats/sharded.h"
#include "fuzz_target.h"

namespace {

void check_inside(const std::string& name) {
  CHECK(!name.empty());
  CHECK((diptych::Path("/models/a") / name).lexically_normal().parent_path() == "/models/a");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = diptych::as_text(data, size);
  if (const auto index = diptych::parse_diffusers_index(text)) {
    CHECK(!index->class_name.empty());
    for (const auto& component : index->components) check_inside(component.name);
  }
  if (const auto shards = diptych::parse_shard_index(text)) {
    for (const auto& [tensor, file] : *shards) check_inside(file);
  }
  return 0;
}
