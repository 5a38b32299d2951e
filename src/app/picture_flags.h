#pragma once
// The flags of the commands that draw.

#include <CLI/CLI.hpp>

#include "app/commands/bench_pictures.h"
#include "app/commands/draw.h"

namespace diptych {

// The options must outlive the command.
void add_draw_flags(CLI::App& command, DrawOptions& options);
void add_picture_bench_flags(CLI::App& command, PictureBenchOptions& options);

}  // namespace diptych
