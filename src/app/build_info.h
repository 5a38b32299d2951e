#pragma once
#include <string_view>

namespace diptych {

struct BuildInfo {
  std::string_view version, commit, llama_commit, chat_model_id, chat_model_sha256, compiler;
};
const BuildInfo& build_info();

}  // namespace diptych
