# Writes build_info.cc anew when the commit or a pinned version has changed. Runs at every build; takes milliseconds.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
file(STRINGS ${SOURCE}/tools/versions.env pins REGEX "^[A-Z_0-9]+=")
foreach(pin ${pins})
  string(REGEX MATCH "^([A-Z_0-9]+)=(.*)$" _ "${pin}")
  set(${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
#include "app/build_info.h"

namespace diptych {

const BuildInfo& build_info() {
  static constexpr BuildInfo kInfo = {.version = "@VERSION@",
                                      .commit = "@commit@",
                                      .llama_commit = "@LLAMA_COMMIT@",
                                      .chat_model_id = "@CHAT_MODEL_ID@",
                                      .chat_model_sha256 = "@CHAT_MODEL_SHA256@",
                                      .compiler = "@COMPILER@"};
  return kInfo;
}

}  // namespace diptych
]] @ONLY)
