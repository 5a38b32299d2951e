#pragma once
// Structured logging behind one small interface (spdlog, in log.cc only). Logs carry no secrets and
// no prompts.

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/error.h"

namespace diptych {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kOff };

Status start_logging(std::string_view level_name,
                     std::string_view file);  // file empty: stderr. Call once, from app/
bool log_enabled(LogLevel level);
void log_line(LogLevel level, std::string_view line);

template <class... Args>
void log_at(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_line(level, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> f, Args&&... a) {
  log_at(LogLevel::kDebug, f, std::forward<Args>(a)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> f, Args&&... a) {
  log_at(LogLevel::kInfo, f, std::forward<Args>(a)...);
}
template <class... Args>
void log_warn(fmt::format_string<Args...> f, Args&&... a) {
  log_at(LogLevel::kWarn, f, std::forward<Args>(a)...);
}
template <class... Args>
void log_error(fmt::format_string<Args...> f, Args&&... a) {
  log_at(LogLevel::kError, f, std::forward<Args>(a)...);
}

}  // namespace diptych
