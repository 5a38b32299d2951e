#include "compute/backends/openvino/openvino_backend.h"

#include <gtest/gtest.h>
#include <immintrin.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <latch>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "base/rng.h"
#include "compute/backends/testing/reference_backend.h"
#include "compute/graph/graph_builder.h"

namespace diptych {
namespace {

constexpr const char* kDevice = "openvino:cpu";

// Random weights in pages of their own, that can be taken away.
class PagedSource : public WeightSource {
 public:
  PagedSource(const std::map<std::string, Shape>& shapes, DType dtype) {
    const std::size_t size = dtype == DType::kF32 ? 4 : dtype == DType::kF16 ? 2 : 1;
    for (const auto& [name, shape] : shapes) {
      offsets_.push_back(bytes_in_all_);
      index_.push_back(
          {name, dtype, shape, static_cast<std::uint64_t>(shape.element_count()) * size});
      bytes_in_all_ += (index_.back().bytes + 63) / 64 * 64;
    }
    void* mapped =
        mmap(nullptr, bytes_in_all_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    base_ = static_cast<std::byte*>(mapped);
    for (std::uint32_t i = 0; i < index_.size(); ++i) fill(i, size);
  }
  ~PagedSource() override { munmap(base_, bytes_in_all_); }

  std::span<const WeightInfo> index() const override { return index_; }
  std::span<const std::byte> bytes(TensorId tensor) const override {
    return {base_ + offsets_[tensor.value], index_[tensor.value].bytes};
  }
  void release(TensorId tensor) const override { released_[tensor.value] = true; }

  std::size_t released_count() const { return released_.size(); }
  void forbid_reading() { mprotect(base_, bytes_in_all_, PROT_NONE); }

 private:
  void fill(std::uint32_t tensor, std::size_t size) {
    const WeightInfo& info = index_[tensor];
    const double scale =
        2.0 / std::sqrt(static_cast<double>(info.shape.element_count() / info.shape[0] + 1));
    for (std::uint64_t i = 0; i < info.bytes / size; ++i) {
      const auto value = static_cast<float>((uniform_at(7, tensor, i) - 0.5) * scale);
      const auto half = static_cast<_Float16>(value);
      const auto small = static_cast<std::int8_t>(value * 100);
      const void* stored = size == 4 ? static_cast<const void*>(&value) : &half;
      std::memcpy(base_ + offsets_[tensor] + i * size, size == 1 ? &small : stored, size);
    }
  }

  std::vector<WeightInfo> index_;
  std::vector<std::size_t> offsets_;
  std::size_t bytes_in_all_ = 0;
  std::byte* base_ = nullptr;
  mutable std::map<std::uint32_t, bool> released_;
};

Tensor noise(const Shape& shape) {
  Tensor tensor(shape);
  for (std::size_t i = 0; i < tensor.size(); ++i)
    tensor[i] = static_cast<float>(uniform_at(3, 0, i) * 2 - 1);
  return tensor;
}

double relative_error(const Tensor& value, const Tensor& expected) {
  double error = 0, largest = 1e-30;
  for (std::size_t i = 0; i < value.size(); ++i) {
    error = std::max(error, std::abs(double{value[i]} - double{expected[i]}));
    largest = std::max(largest, std::abs(double{expected[i]}));
  }
  return error / largest;
}

// A block with every kind of weight: filters, matrices, norms, biases.
const std::map<std::string, Shape> kBlock = {
    {"norm.weight", {64}},
    {"norm.bias", {64}},
    {"conv.weight", {64, 64, 3, 3}},
    {"conv.bias", {64}},
    {"conv1.weight", {64, 64, 1, 1}},
    {"fc.weight", {256, 64}},
    {"fc.bias", {256}},
    {"out.weight", {64, 128}},
};
const Shape kBlockShape{2, 64, 8, 8};

Graph make_block(const WeightSource& weights) {
  GraphBuilder g(weights);
  Value x = g.input("x", kBlockShape);
  x = g.conv3x3(g.silu(g.group_norm(x, "norm", 8, 1e-5F)), "conv");
  Value h = g.reshape(g.permute(g.conv1x1(x, "conv1"), {0, 2, 3, 1}), {2, 64, 64});
  g.output("y", g.linear(g.geglu(g.linear(h, "fc")), "out"));
  return std::move(g).finish().value();
}

bool this_machine_computes_in(Precision precision) {
  const auto backend = make_openvino_backend();
  const auto& able = backend->devices()[0].precisions;
  return std::ranges::find(able, precision) != able.end();
}

Result<std::unique_ptr<Program>> compile(const Graph& graph, const WeightSource& weights,
                                         Precision precision, std::function<int()> threads = {}) {
  static const std::unique_ptr<Backend> backend = make_openvino_backend();
  return backend->compile(
      graph, weights, {.device = kDevice, .precision = precision, .threads = std::move(threads)});
}

Tensor run(Program& program, const Tensor& x, const Shape& shape) {
  Tensor y(shape);
  const ProgramInput in[] = {input("x", x.values)};
  const ProgramOutput out[] = {output("y", std::span<float>(y.values))};
  const Status status = program.run(in, out, {});
  EXPECT_TRUE(status) << status.error().message;
  return y;
}

struct StoredAs {
  DType dtype;
  Precision precision;
  double tolerance;  // relative to the largest value; bf16 has 8 bits
};
class Weights : public testing::TestWithParam<StoredAs> {};

TEST_P(Weights, AreReleasedAndNotReadOnceCompiled) {
  if (!this_machine_computes_in(GetParam().precision)) GTEST_SKIP() << "no bf16 on this CPU";
  PagedSource weights(kBlock, GetParam().dtype);
  const Graph graph = make_block(weights);
  const auto reference = make_reference_backend();
  const auto oracle = reference->compile(graph, weights, {.device = "reference:cpu"});
  const auto program = compile(graph, weights, GetParam().precision);
  ASSERT_TRUE(oracle && program);
  EXPECT_EQ(weights.released_count(), kBlock.size());
  weights.forbid_reading();

  const Tensor x = noise(kBlockShape);
  const Shape shape{2, 64, 64};
  EXPECT_LE(relative_error(run(**program, x, shape), run(**oracle, x, shape)),
            GetParam().tolerance);
}

INSTANTIATE_TEST_SUITE_P(Openvino, Weights,
                         testing::Values(StoredAs{DType::kF32, Precision::kF32, 3e-5},
                                         StoredAs{DType::kF16, Precision::kF32, 3e-5},
                                         StoredAs{DType::kI8, Precision::kF32, 3e-5},
                                         StoredAs{DType::kI8, Precision::kBf16, 0.03},
                                         StoredAs{DType::kF32, Precision::kBf16, 0.03},
                                         StoredAs{DType::kF16, Precision::kBf16, 0.03}));

// Enough layers that a run takes a tenth of a second at least.
Graph make_long_graph(const WeightSource& weights) {
  GraphBuilder g(weights);
  Value x = g.input("x", {1, 64, 128, 128});
  for (int i = 0; i < 60; ++i) x = g.silu(g.conv3x3(x, "conv"));
  g.output("y", x);
  return std::move(g).finish().value();
}

TEST(OpenvinoProgram, StopsInTheMiddleOfARunAndRunsAgain) {
  const PagedSource weights({{"conv.weight", {64, 64, 3, 3}}}, DType::kF16);
  const Shape shape{1, 64, 128, 128};
  std::latch* begun = nullptr;
  const auto program = compile(make_long_graph(weights), weights, Precision::kF32, [&] {
    if (begun != nullptr) begun->count_down();
    return 2;
  });
  ASSERT_TRUE(program) << program.error().message;
  const Tensor x = noise(shape);
  const Tensor undisturbed = run(**program, x, shape);

  std::latch first(1);
  begun = &first;
  std::stop_source stop;
  std::jthread stopper([&] {
    first.wait();
    stop.request_stop();
  });
  Tensor y(shape);
  const ProgramInput in[] = {input("x", x.values)};
  const ProgramOutput out[] = {output("y", std::span<float>(y.values))};
  const Status status = (*program)->run(in, out, stop.get_token());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
  EXPECT_EQ((*program)->run(in, out, stop.get_token()).error().code, ErrorCode::kCancelled);

  begun = nullptr;
  EXPECT_EQ(run(**program, x, shape).values, undisturbed.values);
}

TEST(OpenvinoProgram, GivesTheSameOnAnyNumberOfThreadsAskedForBeforeEachRun) {
  const PagedSource weights(kBlock, DType::kF16);
  int asked = 0, threads = 2;
  const auto program = compile(make_block(weights), weights, Precision::kF32, [&] {
    ++asked;
    return threads;
  });
  ASSERT_TRUE(program);
  const Tensor x = noise(kBlockShape);
  const Tensor two = run(**program, x, {2, 64, 64});
  threads = 1;
  EXPECT_EQ(run(**program, x, {2, 64, 64}).values, two.values);
  threads = 0;  // an arbiter that has nothing to give: one is used
  EXPECT_EQ(run(**program, x, {2, 64, 64}).values, two.values);
  EXPECT_EQ(asked, 3);
}

// Nice values of this process's threads.
std::multiset<int> nice_values() {
  std::multiset<int> values;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    values.insert(getpriority(PRIO_PROCESS, static_cast<id_t>(std::stoi(task.path().filename()))));
  return values;
}

TEST(OpenvinoProgram, ComputesOnThreadsThatGiveWay) {
  const int own = getpriority(PRIO_PROCESS, 0);
  const std::size_t before = nice_values().count(own);
  const PagedSource weights({{"conv.weight", {64, 64, 3, 3}}}, DType::kF16);
  const auto program = compile(make_long_graph(weights), weights, Precision::kF32);
  ASSERT_TRUE(program);
  run(**program, noise({1, 64, 128, 128}), {1, 64, 128, 128});
  EXPECT_LE(nice_values().count(own), before);
  EXPECT_GE(nice_values().count(std::min(19, own + CompileOptions{}.nice)), 1U);
}

TEST(OpenvinoProgram, LeavesTheCallersFloatingPointModeAlone) {
  const PagedSource weights(kBlock, DType::kF32);
  const unsigned before = _mm_getcsr() & ~0x3FU;  // without the sticky flags
  const auto program = compile(make_block(weights), weights, Precision::kF32);
  run(**program, noise(kBlockShape), {2, 64, 64});
  EXPECT_EQ(_mm_getcsr() & ~0x3FU, before);
}

TEST(OpenvinoProgram, KeepsTimestepsExactInReducedPrecision) {
  if (!this_machine_computes_in(Precision::kBf16)) GTEST_SKIP() << "no bf16 on this CPU";
  const PagedSource weights({{"fc.weight", {64, 320}}}, DType::kF16);
  GraphBuilder g(weights);
  const Value t = g.timestep_embedding(g.input("x", {3}), {.channels = 320});
  g.output("y", g.linear(t, "fc"));
  const Graph graph = std::move(g).finish().value();
  const auto program = compile(graph, weights, Precision::kBf16);
  const auto oracle = make_reference_backend()->compile(graph, weights, {});
  ASSERT_TRUE(program) << program.error().message;
  ASSERT_TRUE(oracle);
  const Tensor x({3}, std::vector<float>{999, 501, 0.25F});  // 999 in bf16 would be 1000
  EXPECT_LE(relative_error(run(**program, x, {3, 64}), run(**oracle, x, {3, 64})), 0.01);
}

TEST(OpenvinoProgram, MayBeAskedForSomeOfItsOutputs) {
  const PagedSource weights({}, DType::kF32);
  GraphBuilder g(weights);
  const Value x = g.input("x", {4});
  g.output("other", g.affine(x, 3));
  g.output("y", g.affine(x, 2, 1));
  const auto program = compile(std::move(g).finish().value(), weights, Precision::kF32);
  ASSERT_TRUE(program) << program.error().message;
  const Tensor in({4}, std::vector<float>{1, 2, 3, 4});
  EXPECT_EQ(run(**program, in, {4}).values, (std::vector<float>{3, 5, 7, 9}));
}

TEST(OpenvinoBackend, RefusesByName) {
  const PagedSource weights(kBlock, DType::kF32);
  const Graph graph = make_block(weights);
  const auto backend = make_openvino_backend();
  const auto code = [&](const CompileOptions& options, const WeightSource& source) {
    const auto program = backend->compile(graph, source, options);
    return program ? std::string("compiled") : program.error().message;
  };
  EXPECT_EQ(code({.device = "openvino:npu"}, weights), "openvino has no device 'openvino:npu'");
  EXPECT_EQ(code({.device = kDevice, .precision = Precision::kInt8Weights}, weights),
            "openvino:cpu cannot compute in the precision asked for");
  const PagedSource less({{"norm.weight", {64}}, {"norm.bias", {32}}}, DType::kF32);
  EXPECT_EQ(code({.device = kDevice}, less),
            "weight 'norm.bias' has shape [32], the graph wants [64]");
}

TEST(OpenvinoBackend, OffersF32Always) {
  const auto backend = make_openvino_backend();
  ASSERT_EQ(backend->devices().size(), 1U);
  EXPECT_FALSE(backend->devices()[0].description.empty());
  EXPECT_EQ(backend->devices()[0].precisions.back(), Precision::kF32);
}

}  // namespace
}  // namespace diptych
