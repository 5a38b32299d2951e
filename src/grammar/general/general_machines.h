#pragma once
// Grammars that are not JSON schemas, as machines. One file for each syntax; they meet in one
// general machine.

#include <memory>
#include <string_view>

#include "grammar/constraint.h"
#include "grammar/machine.h"
#include "grammar/refusal.h"

namespace diptych::grammar {

// Structural tags hold schemas and grammars of other kinds inside: `inner` compiles those.
using InnerCompiler = Compiled<std::unique_ptr<Machine>> (*)(const GrammarSource& source,
                                                             const CompileOptions& options);

Compiled<std::unique_ptr<Machine>> make_regex_machine(std::string_view pattern,
                                                      const CompileOptions& options);
Compiled<std::unique_ptr<Machine>> make_gbnf_machine(std::string_view text,
                                                     const CompileOptions& options);
Compiled<std::unique_ptr<Machine>> make_lark_machine(std::string_view text,
                                                     const CompileOptions& options,
                                                     InnerCompiler inner);
Compiled<std::unique_ptr<Machine>> make_choice_machine(std::string_view json_array,
                                                       const CompileOptions& options);
Compiled<std::unique_ptr<Machine>> make_structural_tag_machine(std::string_view json,
                                                               const CompileOptions& options,
                                                               InnerCompiler inner);

}  // namespace diptych::grammar
