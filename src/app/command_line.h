#pragma once

namespace diptych {

// Parses, runs one command, prints its report. Exit codes: 0 good, 1 failed, 2 wrong usage or
// configuration.
int run_command_line(int argc, char** argv);

}  // namespace diptych
