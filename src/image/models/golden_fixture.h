#pragma once
// What golden tests of models share: a graph run on one back end of this build, beside the arrays
// that a reference implementation computed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compute/backends/ggml/ggml_backend.h"
#include "compute/backends/openvino/openvino_backend.h"
#include "compute/backends/testing/reference_backend.h"
#include "formats/testing/npz.h"

namespace diptych {

template <class T>
T expect_value(Result<T> result) {
  EXPECT_TRUE(result) << result.error().message;
  return result ? *std::move(result) : T{};
}

// A config of a reference model: every field must mean something to us.
template <class Config>
Config expect_config(Result<Config> (*parse)(const Json&, Warnings&), const Json& json) {
  Warnings warnings;
  auto config = expect_value(parse(json, warnings));
  for (const Warning& warning : warnings) ADD_FAILURE() << warning.message;
  return config;
}

class ModelRun {
 public:
  ModelRun(Backend& backend, const Result<Graph>& graph, const WeightSource& weights) {
    EXPECT_TRUE(graph) << graph.error().message;
    if (!graph) return;
    for (const GraphOutput& output : graph->outputs())
      outputs_[output.name] = Tensor(graph->node(output.value).shape);
    auto program = backend.compile(*graph, weights, {.device = backend.devices().front().id});
    EXPECT_TRUE(program) << program.error().message;
    if (program) program_ = std::move(*program);
  }

  ModelRun& with(std::string_view name, const Tensor64& values) {
    floats_[std::string(name)] = cast_tensor<float>(values).values;
    return *this;
  }
  ModelRun& with_ids(std::string_view name, std::vector<std::int32_t> values) {
    integers_[std::string(name)] = std::move(values);
    return *this;
  }

  std::map<std::string, Tensor> run() {
    std::vector<ProgramInput> inputs;
    std::vector<ProgramOutput> outputs;
    for (const auto& [name, values] : floats_) inputs.push_back(input(name, values));
    for (const auto& [name, values] : integers_) inputs.push_back(input(name, values));
    for (auto& [name, tensor] : outputs_) outputs.push_back(output(name, tensor.values));
    if (!program_) return outputs_;
    const Status status = program_->run(inputs, outputs, {});
    EXPECT_TRUE(status) << status.error().message;
    return outputs_;
  }

 private:
  std::unique_ptr<Program> program_;
  std::map<std::string, std::vector<float>> floats_;
  std::map<std::string, std::vector<std::int32_t>> integers_;
  std::map<std::string, Tensor> outputs_;
};

// `tolerance`: of the reference array's largest value.
inline void expect_near(std::string_view what, const Tensor& got, const Tensor64& reference,
                        double tolerance = 1e-4) {
  const double error = relative_error(got, reference);
  std::cout << "  " << what << ": relative error " << error << "\n";
  EXPECT_LE(error, tolerance) << what;
}

inline std::unique_ptr<Backend> make_ggml_backend_if_any() {
  auto backend = make_ggml_backend();
  return backend ? *std::move(backend) : nullptr;
}

struct BackendRow {
  const char* name;
  std::unique_ptr<Backend> (*make)();
};
inline constexpr BackendRow kBackends[] = {
    {"reference", make_reference_backend},
    {"openvino", make_openvino_backend},
    {"ggml", make_ggml_backend_if_any},
};

// Each test once on every back end; those that this build lacks are skipped.
class OnEveryBackend : public testing::TestWithParam<BackendRow> {
 protected:
  void SetUp() override {
    backend_ = GetParam().make();
    if (!backend_ || backend_->devices().empty()) GTEST_SKIP() << "not in this build";
  }
  Backend& backend() { return *backend_; }

 private:
  std::unique_ptr<Backend> backend_;
};

inline std::string name_of_row(const testing::TestParamInfo<BackendRow>& row) {
  return row.param.name;
}

}  // namespace diptych
