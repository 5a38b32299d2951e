#pragma once
// What a grammar leaves open, decided. The defaults are what a person expects of a server.

#include <cstddef>
#include <cstdint>

namespace diptych::grammar {

enum class KeyOrder : std::uint8_t { kSchema, kAny };
enum class Additional : std::uint8_t {
  kSpec,
  kClosed
};  // kClosed: objects without additionalProperties take none
enum class Whitespace : std::uint8_t {
  kTidy,  // at structural places one space, or one newline and at most 64 blanks; none before the
          // first or after the last byte: compact text, json.dumps and pretty printers
  kNone,
  kAny,  // what RFC 8259 allows, at most Policy::whitespace_max in a row
};
enum class Escapes : std::uint8_t {
  kCanonical,
  kComplete
};  // kComplete: every legal spelling of a string
enum class Numbers : std::uint8_t {
  kPlain,
  kComplete
};  // kComplete: exponents, and integers written 1.0
enum class Formats : std::uint8_t { kAssert, kAnnotate };
enum class UnknownKeywords : std::uint8_t { kWarn, kError };

struct Policy {
  KeyOrder order = KeyOrder::kSchema;
  Additional additional = Additional::kSpec;
  Whitespace whitespace = Whitespace::kTidy;
  int whitespace_max = 256;  // kAny
  Escapes escapes = Escapes::kCanonical;
  Numbers numbers = Numbers::kPlain;
  Formats formats = Formats::kAssert;
  UnknownKeywords unknown_keywords = UnknownKeywords::kWarn;
  bool openai_strict =
      false;  // the subset that OpenAI's strict mode takes; anything else is refused in its words
};

struct Limits {
  std::size_t source_bytes_max = std::size_t{4} << 20;
  int depth_max = 256;
  std::size_t nodes_max = 500'000;
  std::size_t alternatives_max = 4096;
  std::size_t pattern_bytes_max = 64 << 10;
  std::size_t pattern_states_max = 20'000;
  std::size_t memory_bytes_max =
      std::size_t{64} << 20;  // of one compiled grammar, tables grown while in use included
  std::int64_t compile_ms_max = 1000;
  int stack_depth_max = 1000;             // of a document
  std::size_t search_steps_max = 20'000;  // of one search for a witness
  std::int64_t mask_steps_max =
      4'000'000;  // bytes tried for one mask; past it: an error, never a wrong mask
};

}  // namespace diptych::grammar
