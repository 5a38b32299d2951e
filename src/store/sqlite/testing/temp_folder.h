#pragma once
#include <filesystem>
#include <string>

#include "base/rng.h"

namespace diptych::sqlite {

class TempFolder {  // removed with everything in it
 public:
  TempFolder() : path_(std::filesystem::temp_directory_path() / random_id("diptych_store_")) {
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::filesystem::path file(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace diptych::sqlite
