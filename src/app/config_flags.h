#pragma once
// The table's rows as flags of a command. The only header of ours that knows CLI11; for
// command_line.cc.

#include <CLI/CLI.hpp>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"

namespace diptych {

class ConfigFlags {
 public:
  // Adds the rows whose name starts with one of the sections ("text."); {} adds all.
  void add(CLI::App& command, const ConfigTable& table,
           const std::vector<std::string_view>& sections);
  std::vector<ConfigSetting> given() const;  // on the command line, after parsing

 private:
  struct Flag {
    const ConfigRow* row;
    std::string text;
    CLI::Option* option = nullptr;
  };
  std::deque<Flag> flags_;  // CLI11 keeps references to the texts
};

}  // namespace diptych
