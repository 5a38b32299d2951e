#include "grammar/machine.h"

namespace diptych::grammar {

ByteSet Machine::allowed_bytes(const MachineState& state) {
  ByteSet allowed;
  MachineState ignored;
  for (std::size_t byte = 0; byte < allowed.size(); ++byte) {
    allowed[byte] = next(state, static_cast<std::uint8_t>(byte), ignored);
  }
  return allowed;
}

}  // namespace diptych::grammar
