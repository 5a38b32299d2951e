#include "grammar/value/schema_machine.h"

#include <random>

#include "grammar/value/json_walker.h"

namespace diptych::grammar {
namespace {

class SchemaMachine : public Machine {
 public:
  SchemaMachine(std::shared_ptr<const Schema> schema, const Policy& policy, const Limits& limits)
      : walker_(std::move(schema), policy, limits), salt_(std::random_device{}()) {}

  JsonWalker& walker() { return walker_; }

  MachineState start() override { return walker_.start().packed(); }
  bool next(const MachineState& from, std::uint8_t byte, MachineState& to) override {
    Place place;
    if (!walker_.next(Place::from(from), byte, place)) return false;
    to = place.packed();
    return true;
  }
  bool may_end(const MachineState& state) override { return walker_.may_end(Place::from(state)); }
  MaskKey mask_key(const MachineState& state, std::uint32_t reach) override {
    MaskKey key = walker_.mask_key(Place::from(state), reach);
    key.high ^= salt_;
    return key;
  }
  std::optional<PlainRun> plain_run(const MachineState& state) override {
    return walker_.plain_run(Place::from(state));
  }
  std::optional<std::uint32_t> bytes_to_end(const MachineState& state) override {
    return walker_.bytes_to_end(Place::from(state));
  }
  std::size_t memory_bytes() const override { return walker_.memory_bytes(); }
  std::uint64_t refused_count() const override { return walker_.refused_count(); }

 private:
  JsonWalker walker_;
  std::uint64_t salt_;
};

}  // namespace

Compiled<std::unique_ptr<Machine>> make_schema_machine(std::shared_ptr<const Schema> schema,
                                                       const Policy& policy, const Limits& limits) {
  const SchemaNode& root = schema->nodes[schema->root];
  auto machine = std::make_unique<SchemaMachine>(schema, policy, limits);
  ValueNodes& nodes = machine->walker().nodes();
  const Verdict verdict = nodes.verdict(nodes.root());
  if (verdict == Verdict::kUnknown) return nodes.refuse_unknown(root);
  if (verdict == Verdict::kEmpty) {
    return std::unexpected(Refusal{.code = RefusalCode::kUnsatisfiable,
                                   .keyword = {},
                                   .pointer = root.pointer,
                                   .message = "no document satisfies the schema",
                                   .hint = {}});
  }
  TRY_STATUS(nodes.survey());
  return machine;
}

}  // namespace diptych::grammar
