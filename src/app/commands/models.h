#pragma once
#include <string_view>

#include "app/config.h"
#include "app/model_library.h"
#include "app/report.h"

namespace diptych {

Result<Report> list_models(const AppConfig& config);
Result<Report> describe_model(const AppConfig& config, std::string_view id);  // "": the default one
Result<Report> add_model(const AppConfig& config, const NewModel& model);
Result<Report> remove_model(const AppConfig& config, std::string_view id);

}  // namespace diptych
