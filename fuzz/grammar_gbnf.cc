// GBNF: any text is refused or becomes a machine without dead ends. The first line chooses the way
// through it.

#include "fuzz_target.h"
#include "grammar/general/general_machines.h"
#include "grammar_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = diptych::as_text(data, size);
  const std::string_view choices = diptych::next_line(rest);
  const auto machine =
      diptych::grammar::make_gbnf_machine(rest, {.limits = diptych::small_grammar_limits()});
  if (machine) diptych::walk_grammar(**machine, choices);
  return 0;
}
