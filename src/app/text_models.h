#pragma once
// From configuration to the parts that find and load language models.

#include "app/config.h"
#include "app/local_model_registry.h"
#include "app/model_library.h"
#include "text/llama/load_model.h"

namespace diptych {

LibraryPlaces library_places(const AppConfig& config);
TextModelOptions text_model_options(const AppConfig& config, const ModelEntry& entry);
ModelLoader make_text_loader(const AppConfig& config,
                             TextRuntime runtime);  // the runtime's parts outlive it

}  // namespace diptych
