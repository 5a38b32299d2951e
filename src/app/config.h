#pragma once
// Everything a person can set. The members' values are the defaults; config_rows.cc names them.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "api/services.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/file.h"
#include "http/server.h"
#include "jobs/job_queue.h"
#include "store/retention.h"
#include "text/scheduler/scheduler.h"

namespace diptych {

struct AppConfig {
  ServerOptions server;
  Duration drain_wait = std::chrono::seconds(30);
  ApiLimits api;
  SchedulerOptions scheduler;
  std::size_t kv_bytes_max = std::size_t{256} << 20;
  int threads_max = 0;
  bool deterministic = false;
  bool inexact_layout = false;
  Path chat_model;     // "": no default model
  Path picture_model;  // "": no default picture model
  std::size_t picture_bytes_max = 0;  // of picture models' programs; 0: half of the memory
  std::string picture_device = "auto", picture_precision;
  Duration picture_checkpoint_interval = std::chrono::seconds(5);
  Path models_dir;     // "": <data_dir>/models
  int loaded_models_max = 2;
  Path data_dir;
  RetentionLimits retention;
  JobQueueOptions jobs;
  HistoryLimits history;
  std::string log_level = "info";
  std::string log_file;

  Path models_folder() const { return models_dir.empty() ? data_dir / "models" : models_dir; }
  Path store_file() const { return data_dir / "diptych.sqlite3"; }
};

using Environment = std::function<const char*(const char*)>;  // as getenv

AppConfig default_config(
    const Environment& environment);  // folders follow the XDG base directory rules

// The table of options. The config must outlive it.
ConfigTable make_config_table(AppConfig& config);

// Applies file, environment and flags to the table's config, then checks what concerns several
// options. The file is `file` when not empty (it must exist then), else the standard place if there
// is one.
Status load_config(AppConfig& config, ConfigTable& table, const Path& file,
                   const Environment& environment, std::span<const ConfigSetting> flags);

}  // namespace diptych
