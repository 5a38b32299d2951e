#include "store/sqlite/job_json.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"

namespace diptych::sqlite {
namespace {

// Codes are written by name: their numbers may change between versions.
constexpr std::array kCodes{
    ErrorCode::kInvalidArgument, ErrorCode::kNotFound,   ErrorCode::kConflict,
    ErrorCode::kUnsupported,     ErrorCode::kOverloaded, ErrorCode::kBudgetSpent,
    ErrorCode::kCancelled,       ErrorCode::kTimeout,    ErrorCode::kUnauthorized,
    ErrorCode::kForbidden,       ErrorCode::kIo,         ErrorCode::kOutOfMemory,
    ErrorCode::kInternal};

ErrorCode code_named(std::string_view name) {
  const auto found = std::ranges::find(kCodes, name, [](ErrorCode code) { return name_of(code); });
  return found == kCodes.end() ? ErrorCode::kInternal : *found;
}

std::string text_of(const Json& object, std::string_view name) {
  const Json& value = object[name];
  return value.is_string() ? value.as_string() : std::string();
}

int count_of(const Json& object, std::string_view name) {
  const Json& value = object[name];
  return value.is_int() ? static_cast<int>(value.as_int()) : 0;
}

Json parse_or_null(std::string_view json) {
  if (json.empty()) return {};
  auto parsed = parse_json(json);
  return parsed ? *std::move(parsed) : Json();
}

}  // namespace

std::string dump_progress(const JobProgress& progress) {
  Json json = Json::object({{"phase", progress.phase},
                            {"step", progress.step},
                            {"step_count", progress.step_count},
                            {"fraction", progress.fraction}});
  if (progress.steps_per_second) json.set("steps_per_second", *progress.steps_per_second);
  if (progress.eta_ms) json.set("eta_ms", *progress.eta_ms);
  return dump_json(json);
}

JobProgress read_progress(std::string_view json) {
  const Json object = parse_or_null(json);
  JobProgress progress;
  progress.phase = text_of(object, "phase");
  progress.step = count_of(object, "step");
  progress.step_count = count_of(object, "step_count");
  if (const Json& value = object["fraction"]; value.is_number())
    progress.fraction = value.as_double();
  if (const Json& value = object["steps_per_second"]; value.is_number())
    progress.steps_per_second = value.as_double();
  if (const Json& value = object["eta_ms"]; value.is_int()) progress.eta_ms = value.as_int();
  return progress;
}

std::string dump_warnings(const Warnings& warnings) {
  if (warnings.empty()) return {};
  Json json = Json::array();
  for (const Warning& warning : warnings)
    json.push_back(Json::object({{"param", warning.param}, {"message", warning.message}}));
  return dump_json(json);
}

Warnings read_warnings(std::string_view json) {
  const Json array = parse_or_null(json);
  Warnings warnings;
  if (!array.is_array()) return warnings;
  for (const Json& item : array.as_array())
    warnings.push_back({.param = text_of(item, "param"), .message = text_of(item, "message")});
  return warnings;
}

std::string dump_error(const std::optional<Error>& error) {
  if (!error) return {};
  return dump_json(Json::object({{"code", name_of(error->code)},
                                 {"message", error->message},
                                 {"param", error->param},
                                 {"detail", error->detail}}));
}

std::optional<Error> read_error(std::string_view json) {
  const Json object = parse_or_null(json);
  if (!object.is_object()) return std::nullopt;
  return Error{.code = code_named(text_of(object, "code")),
               .message = text_of(object, "message"),
               .param = text_of(object, "param"),
               .detail = text_of(object, "detail")};
}

}  // namespace diptych::sqlite
