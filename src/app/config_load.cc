#include <fmt/format.h>

#include <system_error>

#include "app/config.h"
#include "app/listen_address.h"

namespace diptych {
namespace {

constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20;

// $variable/diptych, or ~/fallback/diptych.
Path standard_folder(const Environment& environment, const char* variable, const char* fallback) {
  const char* folder = environment(variable);
  if (folder != nullptr && *folder == '/') return Path(folder) / "diptych";
  const char* home = environment("HOME");
  return Path(home == nullptr ? "." : home) / fallback / "diptych";
}

Status apply_file(ConfigTable& table, const Path& file, const Environment& environment) {
  Path path = file;
  if (path.empty()) {
    path = standard_folder(environment, "XDG_CONFIG_HOME", ".config") / "diptych.toml";
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return {};
  }
  TRY(const std::string toml, read_file(path, kConfigBytesMax));
  return apply_toml(table, toml, path.string());
}

// What the rows cannot say one by one.
Status finish(AppConfig& config) {
  if (config.server.tls_certificate.empty() != config.server.tls_key.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "server.tls_certificate and server.tls_key belong together: set both or none",
                "server.tls_key", "invalid_option");
  }
  const auto reach = reach_of(config.server.listen);
  if (!reach)
    return fail(ErrorCode::kInvalidArgument, "server.listen: " + reach.error().message,
                "server.listen", "invalid_option");
  if (*reach == Reach::kNetwork) config.server.require_key = true;
  config.api.body_bytes_max = config.server.body_bytes_max;
  return {};
}

}  // namespace

AppConfig default_config(const Environment& environment) {
  AppConfig config;
  config.data_dir = standard_folder(environment, "XDG_DATA_HOME", ".local/share");
  config.chat_model = DIPTYCH_CHAT_MODEL;
  config.picture_model = DIPTYCH_PICTURE_MODEL;
  return config;
}

Status load_config(AppConfig& config, ConfigTable& table, const Path& file,
                   const Environment& environment, std::span<const ConfigSetting> flags) {
  TRY_STATUS(apply_file(table, file, environment));
  TRY_STATUS(apply_environment(table, environment));
  for (const ConfigSetting& flag : flags) TRY_STATUS(table.apply(flag));
  return finish(config);
}

}  // namespace diptych
