// Every op on every device of every back end of this build, in every precision it offers, against
// plain f64 loops. Tolerances are max |a − b| / max |b| over an output.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>
#include <ostream>
#include <set>
#include <thread>

#include "compute/backends/backends.h"
#include "compute/backends/bindings.h"
#include "compute/backends/testing/op_cases.h"
#include "compute/backends/testing/reference_backend.h"
#include "compute/graph/graph_builder.h"

namespace diptych {
namespace {

const Backends& backends() {
  static const Backends all = Backends::open();
  return all;
}

// bf16 keeps 8 bits, f16 11, blocks of eight bits about 7 of weights and activations.
double tolerance(Precision precision, const OpCase& op) {
  switch (precision) {
    case Precision::kF32:
      return op.f32_error;
    case Precision::kF16:
      return 4e-3;
    case Precision::kBf16:
      return 2e-2;
    case Precision::kInt8Weights:
      return 3e-2;
  }
  return 0;
}

using Tensors = std::map<std::string, Tensor>;

// Bytes of inputs by name; 4 bytes an element, whatever the type.
std::map<std::string, std::vector<std::byte>> make_inputs(const OpCase& each) {
  std::map<std::string, std::vector<std::byte>> inputs;
  const Ports ports(each.graph);
  std::uint64_t seed = 1;
  for (const Port& port : ports.inputs()) {
    const bool integer = port.dtype == DType::kI32;
    const auto count = static_cast<std::size_t>(port.shape.element_count());
    const std::vector<float> values = random_values(count, ++seed, integer ? 0 : each.input_low,
                                                    integer ? 4.99F : each.input_high);
    const std::vector<std::int32_t> integers(values.begin(), values.end());
    const auto bytes =
        integer ? std::as_bytes(std::span(integers)) : std::as_bytes(std::span(values));
    inputs[port.name].assign(bytes.begin(), bytes.end());
  }
  return inputs;
}

Result<Tensors> run(Program& program, const OpCase& each, const std::stop_token& stop = {}) {
  const auto inputs = make_inputs(each);
  std::vector<ProgramInput> given;
  for (const auto& [name, bytes] : inputs) given.push_back({name, bytes});
  Tensors tensors;
  std::vector<ProgramOutput> asked;
  const Ports ports(each.graph);
  for (const Port& port : ports.outputs()) tensors.emplace(port.name, Tensor(port.shape));
  for (auto& [name, tensor] : tensors) asked.push_back(output(name, tensor.values));
  TRY_STATUS(program.run(given, asked, stop));
  return tensors;
}

double relative_error(const Tensor& a, const Tensor& b) {
  double difference = 0, largest = 1e-30;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i])) return std::numeric_limits<double>::infinity();
    difference = std::max(difference, std::abs(double{a[i]} - double{b[i]}));
    largest = std::max(largest, std::abs(double{b[i]}));
  }
  return difference / largest;
}

struct KnownCase {
  OpCase op;
  Tensors expected;
};

const std::vector<KnownCase>& known_cases() {
  static const std::vector<KnownCase> cases = [] {
    std::vector<KnownCase> known;
    const auto reference = make_reference_backend();
    for (OpCase& each : op_cases()) {
      auto program = reference->compile(each.graph, each.weights, {});
      auto expected = program ? run(**program, each) : std::unexpected(program.error());
      if (!expected) ADD_FAILURE() << each.name << ": " << expected.error().message;
      known.push_back({std::move(each), expected ? *expected : Tensors{}});
    }
    return known;
  }();
  return cases;
}

TEST(OpCases, ShowEveryOp) {
  std::set<Op> seen;
  for (const OpCase& each : op_cases())
    for (const Node& node : each.graph.nodes()) seen.insert(node.op);
  for (std::size_t op = 0; op < kOpCount; ++op)
    EXPECT_TRUE(seen.contains(static_cast<Op>(op))) << name_of(static_cast<Op>(op));
}

struct Place {
  Backend* backend;
  Device device;
  Precision precision;
};

std::ostream& operator<<(std::ostream& out, const Place& place) {
  return out << place.device.id << " in " << name_of(place.precision);
}

std::vector<Place> places() {
  std::vector<Place> all;
  for (const BackendState& state : backends().states())
    for (const Device& device : state.devices)
      for (const Precision precision : device.precisions) {
        const auto choice = backends().choose(device.id, precision);
        if (choice) all.push_back({choice->backend, device, precision});
      }
  return all;
}

std::string place_name(const testing::TestParamInfo<Place>& place) {
  std::string name = place.param.device.id + "_" + std::string(name_of(place.param.precision));
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

class OnDevice : public testing::TestWithParam<Place> {
 protected:
  CompileOptions options(std::function<int()> threads = [] { return 2; }) const {
    return {GetParam().device.id, GetParam().precision, std::move(threads)};
  }
  Result<std::unique_ptr<Program>> compile(const OpCase& each) const {
    return GetParam().backend->compile(each.graph, each.weights, options());
  }
};

TEST_P(OnDevice, EveryOpIsTheReferences) {
  for (const auto& [op, expected] : known_cases()) {
    SCOPED_TRACE(op.name);
    int threads = 0;  // one, then two
    const auto program =
        GetParam().backend->compile(op.graph, op.weights, options([&] { return ++threads; }));
    if (!program) {
      ADD_FAILURE() << program.error().message;
      continue;
    }
    for (const char* turn : {"first run", "second run"}) {  // nothing is left of the first
      const auto got = run(**program, op);
      if (!got) {
        ADD_FAILURE() << got.error().message;
        continue;
      }
      for (const auto& [name, tensor] : expected)
        EXPECT_LE(relative_error(got->at(name), tensor), tolerance(GetParam().precision, op))
            << turn << ", output " << name;
    }
  }
}

const OpCase& find_case(std::string_view name) {
  return std::ranges::find(known_cases(), name, [](const auto& known) { return known.op.name; })
      ->op;
}

TEST_P(OnDevice, InputsThatDoNotFitAreRefused) {
  const OpCase& op = find_case("gather_rows");
  const auto program = compile(op);
  ASSERT_TRUE(program) << program.error().message;
  const std::vector<float> x(3 * 5 * 6), short_x(7);
  const std::vector<std::int32_t> index(3), outside = {0, 5, 0}, below = {0, -1, 0};
  std::vector<float> y(3 * 6), short_y(2);
  struct Wrong {
    std::vector<ProgramInput> inputs;
    std::vector<ProgramOutput> outputs;
    std::string_view says;
  };
  const Wrong wrongs[] = {
      {{input("x", x)}, {output("y", y)}, "'index' is missing"},
      {{input("x", short_x), input("index", index)}, {output("y", y)}, "'x' has 28 bytes"},
      {{input("x", x), input("index", index)}, {output("y", short_y)}, "'y' has 8 bytes"},
      {{input("x", x), input("index", index)}, {output("z", y)}, "no output 'z'"},
      {{input("x", x), input("w", x), input("index", index)}, {output("y", y)}, "no input 'w'"},
      {{input("x", x), input("x", x), input("index", index)}, {output("y", y)}, "twice"},
      {{input("x", x), input("index", outside)}, {output("y", y)}, "row 5 of 5"},
      {{input("x", x), input("index", below)}, {output("y", y)}, "row -1 of 5"},
  };
  for (const Wrong& wrong : wrongs) {
    const Status status = (*program)->run(wrong.inputs, wrong.outputs, {});
    ASSERT_FALSE(status) << wrong.says;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(status.error().message.find(wrong.says), std::string::npos)
        << status.error().message << " / " << wrong.says;
  }
}

TEST_P(OnDevice, AStopBeforeTheRunOrAtItsBeginningCancelsIt) {
  const OpCase& op = find_case("residual block");
  std::stop_source stop;
  const auto program =
      GetParam().backend->compile(op.graph, op.weights, options([&stop] {  // asked as a run begins
                                    stop.request_stop();
                                    return 1;
                                  }));
  ASSERT_TRUE(program) << program.error().message;
  for (const char* when : {"at its beginning", "before"}) {
    const auto stopped = run(**program, op, stop.get_token());
    ASSERT_FALSE(stopped) << when;
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled) << when;
  }
  const auto after = run(**program, op);  // a cancelled program is good for another run
  EXPECT_TRUE(after) << after.error().message;
}

TEST_P(OnDevice, TwoProgramsRunAtOnce) {
  const OpCase& op = find_case("residual block");
  const auto first = compile(op), second = compile(op);
  ASSERT_TRUE(first && second);
  const auto alone = run(**first, op);
  ASSERT_TRUE(alone) << alone.error().message;
  std::atomic<int> differences = 0;
  const auto repeat = [&](Program& program) {
    for (int i = 0; i < 10; ++i) {
      const auto got = run(program, op);
      if (!got || got->at("y").values != alone->at("y").values) ++differences;
    }
  };
  {
    const std::jthread one([&] { repeat(**first); }), two([&] { repeat(**second); });
  }
  EXPECT_EQ(differences, 0);
}

TEST_P(OnDevice, ProgramsSayWhatTheyHold) {
  const auto program = compile(find_case("residual block"));
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_GE((*program)->memory().weight_bytes, 2U * 8 * 8 * 9);  // a byte a weight at least
}

TEST_P(OnDevice, UnknownDevicesAndWeightsAreRefusedByName) {
  const OpCase& op = find_case("residual block");
  const auto lost = GetParam().backend->compile(op.graph, op.weights, {"nowhere:7"});
  ASSERT_FALSE(lost);
  EXPECT_NE(lost.error().message.find("nowhere:7"), std::string::npos) << lost.error().message;
  const auto bare = GetParam().backend->compile(op.graph, MemoryWeights(), options());
  ASSERT_FALSE(bare);
  EXPECT_NE(bare.error().message.find("norm.weight"), std::string::npos) << bare.error().message;
}

INSTANTIATE_TEST_SUITE_P(Devices, OnDevice, testing::ValuesIn(places()), place_name);

}  // namespace
}  // namespace diptych
