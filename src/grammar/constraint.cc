#include "grammar/constraint.h"

#include <array>
#include <memory>
#include <utility>

#include "grammar/general/general_machines.h"
#include "grammar/schema/schema.h"
#include "grammar/value/schema_machine.h"

namespace diptych::grammar {

namespace {

struct MachineOfGrammar {
  std::unique_ptr<Machine> machine;
  Warnings warnings;
};

Compiled<MachineOfGrammar> from_schema(std::string_view text, const CompileOptions& options) {
  TRY(Schema read, read_schema(text, options));
  const auto schema = std::make_shared<const Schema>(std::move(read));
  TRY(auto machine, make_schema_machine(schema, options.policy, options.limits));
  return MachineOfGrammar{.machine = std::move(machine), .warnings = schema->warnings};
}

Compiled<MachineOfGrammar> from_json_object(std::string_view, const CompileOptions& options) {
  return from_schema(R"({"type": "object"})", options);
}

Compiled<std::unique_ptr<Machine>> compile_inner(const GrammarSource& source,
                                                 const CompileOptions& options);

Compiled<MachineOfGrammar> alone(Compiled<std::unique_ptr<Machine>> compiled) {
  TRY(auto machine, std::move(compiled));
  return MachineOfGrammar{.machine = std::move(machine)};
}

Compiled<MachineOfGrammar> from_regex(std::string_view text, const CompileOptions& options) {
  return alone(make_regex_machine(text, options));
}
Compiled<MachineOfGrammar> from_gbnf(std::string_view text, const CompileOptions& options) {
  return alone(make_gbnf_machine(text, options));
}
Compiled<MachineOfGrammar> from_lark(std::string_view text, const CompileOptions& options) {
  return alone(make_lark_machine(text, options, compile_inner));
}
Compiled<MachineOfGrammar> from_choice(std::string_view text, const CompileOptions& options) {
  return alone(make_choice_machine(text, options));
}
Compiled<MachineOfGrammar> from_tags(std::string_view text, const CompileOptions& options) {
  return alone(make_structural_tag_machine(text, options, compile_inner));
}

struct KindRow {
  GrammarKind kind;
  Compiled<MachineOfGrammar> (*compile)(std::string_view text, const CompileOptions& options);
};
constexpr std::array<KindRow, 7> kKinds = {{
    {GrammarKind::kJsonSchema, from_schema},
    {GrammarKind::kJsonObject, from_json_object},
    {GrammarKind::kRegex, from_regex},
    {GrammarKind::kGbnf, from_gbnf},
    {GrammarKind::kLark, from_lark},
    {GrammarKind::kChoice, from_choice},
    {GrammarKind::kStructuralTag, from_tags},
}};

Compiled<MachineOfGrammar> machine_of(const GrammarSource& source, const CompileOptions& options) {
  for (const KindRow& row : kKinds) {
    if (row.kind == source.kind) return row.compile(source.text, options);
  }
  return std::unexpected(
      Refusal{.code = RefusalCode::kMalformedGrammar, .message = "unknown kind of grammar"});
}

Compiled<std::unique_ptr<Machine>> compile_inner(const GrammarSource& source,
                                                 const CompileOptions& options) {
  TRY(MachineOfGrammar made, machine_of(source, options));
  return std::move(made.machine);
}

}  // namespace

Compiled<Constraint> compile(const GrammarSource& source, const Target& target,
                             const CompileOptions& options) {
  TRY(MachineOfGrammar made, machine_of(source, options));
  return constrain(std::move(made.machine), target, options.limits, std::move(made.warnings));
}

}  // namespace diptych::grammar
