// Lark: any text is refused or becomes a machine without dead ends. The first line chooses the way
// through it.

#include "fuzz_target.h"
#include "grammar/general/general_machines.h"
#include "grammar_walk.h"

namespace {

using namespace diptych::grammar;

Compiled<std::unique_ptr<Machine>> inner(const GrammarSource&, const CompileOptions& options) {
  return make_choice_machine(R"(["{}", "[]"])", options);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = diptych::as_text(data, size);
  const std::string_view choices = diptych::next_line(rest);
  const auto machine = make_lark_machine(rest, {.limits = diptych::small_grammar_limits()}, inner);
  if (machine) diptych::walk_grammar(**machine, choices);
  return 0;
}
