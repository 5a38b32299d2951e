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

// The allowed byte after which the end is nearest, as far as it is known.
inline std::optional<std::uint8_t> byte_towards_end(Machine& machine, const MachineState& state) {
  std::optional<std::uint8_t> best;
  std::uint32_t least = 0xffff'ffff;
  std::string order = "\"}],:01a";
  for (int byte = 255; byte >= 0; --byte) order += static_cast<char>(byte);
  for (const char byte : order) {
    MachineState to;
    if (!machine.next(state, static_cast<std::uint8_t>(byte), to)) continue;
    const auto left = machine.bytes_to_end(to);
    if (best && (!left || *left >= least)) continue;
    best = static_cast<std::uint8_t>(byte);
    least = left.value_or(0xffff'ffff);
  }
  return best;
}

// A walk over allowed bytes, at random and then to the end; nothing if it does not come to one.
inline std::string random_document(Machine& machine, std::mt19937& random, std::size_t bytes_max) {
  MachineState state = machine.start();
  std::string text;
  while (text.size() < 8 * bytes_max) {
    if (machine.may_end(state) && (text.size() > bytes_max || random() % 4 == 0)) return text;
    const bool homewards = text.size() > bytes_max || random() % 3 == 0;
    std::optional<std::uint8_t> chosen;
    if (homewards) chosen = byte_towards_end(machine, state);
    for (int tries = 0; tries < 40 && !chosen; ++tries) {
      const auto byte =
          static_cast<std::uint8_t>(random() % 8 == 0 ? random() : 32 + random() % 95);
      MachineState ignored;
      if (machine.next(state, byte, ignored)) chosen = byte;
    }
    if (!chosen) chosen = byte_towards_end(machine, state);
    if (!chosen) {
      EXPECT_TRUE(machine.may_end(state)) << "dead end after " << text;
      return text;
    }
    MachineState to;
    EXPECT_TRUE(machine.next(state, *chosen, to));
    text += static_cast<char>(*chosen);
    state = to;
  }
  return {};
}

}  // namespace diptych::grammar
