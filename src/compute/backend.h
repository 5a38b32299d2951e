#pragma once
// A back end lowers a graph to something that runs. One folder each under compute/backends/.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "compute/graph/graph.h"
#include "compute/weight_source.h"

namespace diptych {

// What matrix products and convolutions compute in. Inputs and outputs of a program are f32 or i32
// whatever it is.
enum class Precision { kF32, kBf16, kF16, kInt8Weights };

struct Device {
  std::string id;                     // "openvino:cpu", "ggml:cpu", "ggml:cuda0"
  std::string description;            // "AMD EPYC 9B45"
  std::vector<Precision> precisions;  // supported, fastest first
  std::uint64_t memory_bytes = 0;     // of the device in all
};

struct CompileOptions {
  std::string device;  // one of the back end's ids
  Precision precision = Precision::kF32;
  // Asked before each run: how many threads it may use. Empty: all cores.
  std::function<int()> threads;
  // How much threads that the back end starts give way to others (nice(2)). Measured on two cores:
  // beside a picture in the same process words keep a quarter of their speed at 0, 0.7 at 5, 0.9 at
  // 10; the picture's steps then take 2.1, 2.1 and 2.7 times as long. Alone, nothing costs
  // anything.
  int nice = 5;
};

struct MemoryUse {
  std::uint64_t weight_bytes = 0;   // held by the program, packed
  std::uint64_t scratch_bytes = 0;  // activations and workspaces; 0 where the library does not say
};

struct ProgramInput {
  std::string_view name;
  std::span<const std::byte> bytes;  // of the graph input's shape, f32 or i32
};
struct ProgramOutput {
  std::string_view name;
  std::span<std::byte> bytes;
};

class Program {  // one owner thread at a time; static shapes
 public:
  virtual ~Program() = default;
  // Errors: kInvalidArgument (a missing input, a wrong size), kCancelled (within one layer or a few
  // milliseconds of the request; outputs are then undefined), kOutOfMemory, kInternal.
  virtual Status run(std::span<const ProgramInput> inputs, std::span<const ProgramOutput> outputs,
                     const std::stop_token& stop) = 0;
  virtual MemoryUse memory() const = 0;
};

class Backend {  // safe from any thread
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;  // "openvino": the part before ':' of its device ids
  virtual std::span<const Device> devices() const = 0;
  // Reads every weight that the graph names and releases it (WeightSource::release): a weight is
  // held once. `weights` need not outlive the program unless the back end says so.
  virtual Result<std::unique_ptr<Program>> compile(const Graph& graph, const WeightSource& weights,
                                                   const CompileOptions& options) = 0;
};

inline ProgramInput input(std::string_view name, std::span<const float> values) {
  return {name, std::as_bytes(values)};
}
inline ProgramInput input(std::string_view name, std::span<const std::int32_t> values) {
  return {name, std::as_bytes(values)};
}
inline ProgramOutput output(std::string_view name, std::span<float> values) {
  return {name, std::as_writable_bytes(values)};
}

}  // namespace diptych
