#pragma once
// What the tests of schema machines share.

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "grammar/schema/schema.h"
#include "grammar/value/schema_machine.h"

namespace diptych::grammar {

struct MachineUnderTest {
  std::shared_ptr<const Schema> schema;
  std::unique_ptr<Machine> machine;
};

inline Policy complete_policy() {
  Policy policy;
  policy.order = KeyOrder::kAny;
  policy.numbers = Numbers::kComplete;
  policy.escapes = Escapes::kComplete;
  return policy;
}

inline Compiled<MachineUnderTest> machine_of(std::string_view text,
                                             const Policy& policy = complete_policy(),
                                             const Limits& limits = {}) {
  CompileOptions options;
  options.policy = policy;
  options.limits = limits;
  TRY(Schema read, read_schema(text, options));
  MachineUnderTest under_test{.schema = std::make_shared<const Schema>(std::move(read)),
                              .machine = nullptr};
  TRY(under_test.machine, make_schema_machine(under_test.schema, policy, limits));
  return under_test;
}

// How many bytes of the text the machine takes.
inline std::size_t taken_by(Machine& machine, std::string_view text, MachineState& state) {
  state = machine.start();
  for (std::size_t i = 0; i < text.size(); ++i) {
    MachineState to;
    if (!machine.next(state, static_cast<std::uint8_t>(text[i]), to)) return i;
    state = to;
  }
  return text.size();
}

inline bool accepts(Machine& machine, std::string_view text) {
  MachineState state;
  return taken_by(machine, text, state) == text.size() && machine.may_end(state);
}

// A walk over allowed bytes that likes to end: the document, or a failure.
inline std::string random_document(Machine& machine, std::mt19937& random, int bytes_max) {
  MachineState state = machine.start();
  std::string text;
  while (true) {
    const bool may_end = machine.may_end(state);
    if (may_end && (random() % 4 == 0 || static_cast<int>(text.size()) > bytes_max)) return text;
    const ByteSet allowed = machine.allowed_bytes(state);
    if (allowed.none()) {
      EXPECT_TRUE(may_end) << "dead end after " << text;
      return text;
    }
    if (static_cast<int>(text.size()) > 4 * bytes_max) return {};
    std::string choices;
    const bool closing = static_cast<int>(text.size()) > bytes_max || random() % 3 == 0;
    for (const char c : std::string_view("}]\",:")) {
      if (closing && choices.empty() && allowed[static_cast<unsigned char>(c)]) choices += c;
    }
    const bool closed = !choices.empty(), usual_only = random() % 16 != 0;
    for (std::size_t byte = 0; !closed && byte < 256; ++byte) {
      const bool usual = byte >= 0x20 && byte < 0x7f && byte != '\\';
      if (allowed[byte] && (usual || !usual_only)) choices += static_cast<char>(byte);
    }
    const bool found = !choices.empty();
    for (std::size_t byte = 0; !found && byte < 256; ++byte) {
      if (allowed[byte]) choices += static_cast<char>(byte);
    }
    const char chosen = choices[random() % choices.size()];
    MachineState to;
    EXPECT_TRUE(machine.next(state, static_cast<std::uint8_t>(chosen), to));
    text += chosen;
    state = to;
  }
}

}  // namespace diptych::grammar
