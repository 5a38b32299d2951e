#pragma once
// Structural tags: free text in which some parts are constrained. What tool calls and thinking
// before an answer need.
//
//   {"type": "structural_tag", "format": FORMAT}                       as XGrammar and vLLM take it
//   {"type": "structural_tag", "triggers": [TEXT…],
//    "structures": [{"begin": TEXT, "schema": SCHEMA, "end": TEXT}…]}  the older form
//
// A FORMAT is one of
//   {"type": "const_string", "value": TEXT}
//   {"type": "json_schema", "json_schema": SCHEMA}
//   {"type": "regex", "pattern": TEXT}          as GrammarKind::kRegex
//   {"type": "grammar", "grammar": TEXT}        GBNF;  {"type": "lark", "grammar": TEXT}
//   {"type": "any_text", "excludes": [TEXT…]}   excludes: may be missing
//   {"type": "sequence", "elements": [FORMAT…]}
//   {"type": "or", "elements": [FORMAT…]}
//   {"type": "tag", "begin": TEXT, "content": FORMAT, "end": TEXT or [TEXT…]}
//   {"type": "triggered_tags", "triggers": [TEXT…], "tags": [tag…], "excludes": [TEXT…],
//    "at_least_one": false, "stop_after_first": false}
//   {"type": "tags_with_separator", "tags": [tag…], "separator": TEXT,
//    "at_least_one": false, "stop_after_first": false}
//
// Free text (any_text, and around triggered tags) takes every character. Inside a tag it ends with
// the first `end`; where a trigger comes, one of the tags that begin with it must follow.
// at_least_one: the text cannot be over before a tag was. Free text up to a marker, then a
// constraint:
//   {"type": "sequence", "elements": [
//     {"type": "tag", "begin": "", "content": {"type": "any_text"}, "end": "</think>"},
//     {"type": "json_schema", "json_schema": SCHEMA}]}
// Members that are not named here are refused.

#include "grammar/general/general_machines.h"
#include "grammar/general/grammar_rules.h"

namespace diptych::grammar {

Compiled<GrammarRules> read_structural_tag(std::string_view json, const CompileOptions& options,
                                           InnerCompiler inner);

}  // namespace diptych::grammar
