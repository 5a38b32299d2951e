#include "app/commands/version.h"

#include <fmt/format.h>

#include "app/build_info.h"

namespace diptych {

Report version_report() {
  const BuildInfo& info = build_info();
  return {.text = fmt::format("diptych {} ({})\nllama.cpp {}\ncompiler {}\n", info.version,
                              info.commit, info.llama_commit, info.compiler),
          .json = Json::object({{"version", info.version},
                                {"commit", info.commit},
                                {"llama_commit", info.llama_commit},
                                {"compiler", info.compiler}})};
}

}  // namespace diptych
