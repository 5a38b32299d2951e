// Kinds of grammar whose machines are not built yet: refused by name. Weak, so that each gives way
// to the real one.

#include "grammar/general/general_machines.h"

namespace diptych::grammar {

namespace {
std::unexpected<Refusal> not_yet(std::string_view kind) {
  return std::unexpected(Refusal{.code = RefusalCode::kUnsupportedKeyword,
                                 .message = std::string(kind) + " cannot be enforced yet"});
}
}  // namespace

[[gnu::weak]] Compiled<std::unique_ptr<Machine>> make_lark_machine(std::string_view,
                                                                   const CompileOptions&,
                                                                   InnerCompiler) {
  return not_yet("Lark");
}

}  // namespace diptych::grammar
