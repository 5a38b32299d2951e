#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>
#include <string>

namespace diptych {
namespace {

struct LevelRow {
  std::string_view name;
  LogLevel level;
  spdlog::level::level_enum theirs;
};
constexpr std::array kLevels = {
    LevelRow{"trace", LogLevel::kTrace, spdlog::level::trace},
    LevelRow{"debug", LogLevel::kDebug, spdlog::level::debug},
    LevelRow{"info", LogLevel::kInfo, spdlog::level::info},
    LevelRow{"warn", LogLevel::kWarn, spdlog::level::warn},
    LevelRow{"error", LogLevel::kError, spdlog::level::err},
    LevelRow{"off", LogLevel::kOff, spdlog::level::off},
};

spdlog::level::level_enum theirs(LogLevel level) {
  return kLevels[static_cast<std::size_t>(level)].theirs;
}

std::shared_ptr<spdlog::logger> make_logger(const std::string& file) {
  if (file.empty()) {
    return std::make_shared<spdlog::logger>(
        "diptych", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  }
  return std::make_shared<spdlog::logger>(
      "diptych", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file));
}

}  // namespace

Status start_logging(std::string_view level_name, std::string_view file) {
  for (const LevelRow& row : kLevels) {
    if (row.name != level_name) continue;
    try {
      auto logger = make_logger(std::string(file));
      logger->set_level(row.theirs);
      logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%-5l%$ %v");
      logger->flush_on(spdlog::level::info);
      spdlog::set_default_logger(std::move(logger));
    } catch (const spdlog::spdlog_ex& exception) {
      return fail(ErrorCode::kIo, fmt::format("cannot log to {}: {}", file, exception.what()));
    }
    return {};
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("unknown log level \"{}\"; one of trace, debug, info, warn, error, off",
                          level_name));
}

bool log_enabled(LogLevel level) { return spdlog::default_logger_raw()->should_log(theirs(level)); }

void log_line(LogLevel level, std::string_view line) {
  spdlog::default_logger_raw()->log(theirs(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace diptych
