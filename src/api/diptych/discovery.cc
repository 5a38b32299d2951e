#include "api/diptych/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "api/diptych/picture_capabilities.h"
#include "api/openai/models.h"
#include "api/openai/sampling_fields.h"
#include "api/schema_json.h"

namespace diptych {
namespace {

// "/v1/models/{id...}" → "/v1/models/{id}": OpenAPI knows no greedy parameter.
std::string openapi_path(std::string_view path) {
  std::string out(path);
  for (auto at = out.find("..."); at != std::string::npos; at = out.find("...")) out.erase(at, 3);
  return out;
}

Json path_parameters(std::string_view path) {
  Json parameters = Json::array();
  for (auto open = path.find('{'); open != std::string_view::npos;
       open = path.find('{', open + 1)) {
    const std::string_view name = path.substr(open + 1, path.find('}', open) - open - 1);
    parameters.push_back(Json::object({{"name", name},
                                       {"in", "path"},
                                       {"required", true},
                                       {"schema", Json::object({{"type", "string"}})}}));
  }
  return parameters;
}

Json schema_reference(std::string_view name) {
  return Json::object({{"$ref", fmt::format("#/components/schemas/{}", name)}});
}

Json json_content(Json schema) {
  return Json::object({{"application/json", Json::object({{"schema", std::move(schema)}})}});
}

std::string operation_id(const Route& route) {
  std::string id;
  for (const char c : fmt::format("{} {}", route.method, openapi_path(route.path))) {
    const bool word = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (word) id += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!word && !id.empty() && id.back() != '_') id += '_';
  }
  while (!id.empty() && id.back() == '_') id.pop_back();
  return id;
}

Json operation(const Route& route) {
  Json json = Json::object({{"operationId", operation_id(route)}, {"summary", route.summary}});
  if (Json parameters = path_parameters(openapi_path(route.path)); !parameters.as_array().empty())
    json.set("parameters", std::move(parameters));
  if (route.body != nullptr)
    json.set("requestBody",
             Json::object({{"required", true},
                           {"content", json_content(schema_reference(route.body->name))}}));
  json.set("responses",
           Json::object({{"200", Json::object({{"description", "The answer."}})},
                         {"default",
                          Json::object({{"description", "An error."},
                                        {"content", json_content(schema_reference("Error"))}})}}));
  if (route.scope != Scope::kNone)
    json.set("security", Json::array({Json::object({{"bearer", Json::array()}})}));
  return json;
}

Json error_schema() {
  const Json text = Json::object({{"type", "string"}});
  const Json maybe = Json::object({{"type", Json::array({"string", "null"})}});
  const Json error = Json::object(
      {{"type", "object"},
       {"required", Json::array({"message", "type", "param", "code"})},
       {"properties",
        Json::object({{"message", text}, {"type", text}, {"param", maybe}, {"code", maybe}})}});
  return Json::object({{"type", "object"},
                       {"required", Json::array({"error"})},
                       {"properties", Json::object({{"error", error}})}});
}

Json sampler_rows() {
  Json rows = Json::array();
  for (const auto group :
       {openai::nucleus_rows(), openai::penalty_rows(), openai::local_sampler_rows()})
    for (const Field& field : group) {
      Json row = Json::object({{"name", field.name}, {"doc", field.doc}});
      if (!field.aliases.empty()) {
        Json aliases = Json::array();
        for (const std::string_view alias : field.aliases) aliases.push_back(alias);
        row.set("aliases", std::move(aliases));
      }
      rows.push_back(std::move(row));
    }
  return rows;
}

Json endpoint_rows() {
  Json rows = Json::array();
  for (const Route& route : all_routes()) {
    Json row = Json::object(
        {{"method", route.method}, {"path", openapi_path(route.path)}, {"summary", route.summary}});
    if (route.body != nullptr) row.set("fields", support_json(*route.body));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Json openapi_document(std::span<const Route> routes) {
  Json paths = Json::object(), schemas = Json::object({{"Error", error_schema()}});
  for (const Route& route : routes) {
    std::string method(route.method);
    std::ranges::transform(method, method.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string path = openapi_path(route.path);
    if (paths.find(path) == nullptr) paths.set(path, Json::object());
    paths.find(path)->set(method, operation(route));
    if (route.body != nullptr) schemas.set(route.body->name, schema_json(*route.body));
  }
  const Json bearer = Json::object({{"type", "http"}, {"scheme", "bearer"}});
  return Json::object(
      {{"openapi", "3.1.0"},
       {"info", Json::object({{"title", "Diptych"}, {"version", "1"}})},
       {"paths", std::move(paths)},
       {"components", Json::object({{"schemas", std::move(schemas)},
                                    {"securitySchemes", Json::object({{"bearer", bearer}})}})}});
}

Result<Reply> get_openapi(const Call&, Services&) {
  return Reply(Answer{.body = dump_json(openapi_document(all_routes()))});
}

Result<Reply> get_capabilities(const Call&, Services& services) {
  Json models = Json::array();
  for (const ModelEntry& entry : services.models.list())
    models.push_back(openai::model_object(entry, services.models));
  const ApiLimits& limits = services.limits;
  const Json body = Json::object(
      {{"models", std::move(models)},
       {"samplers", sampler_rows()},
       {"pictures", picture_capabilities(services)},
       {"limits", Json::object({{"choices_max", limits.choices_max},
                                {"body_bytes_max", std::uint64_t{limits.body_bytes_max}},
                                {"embedding_inputs_max", limits.embedding_inputs_max},
                                {"request_timeout_ms",
                                 std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(
                                                  limits.request_timeout)
                                                  .count()}}})},
       {"endpoints", endpoint_rows()}});
  return Reply(Answer{.body = dump_json(body)});
}

}  // namespace diptych
