#pragma once
// A folder for one test, removed with everything in it.

#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/rng.h"

namespace diptych {

class TempFolder {
 public:
  TempFolder() : path_(std::filesystem::temp_directory_path() / random_id("diptych-formats-")) {
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const Path& path() const { return path_; }
  Path file(std::string_view name) const { return path_ / name; }

 private:
  Path path_;
};

}  // namespace diptych
