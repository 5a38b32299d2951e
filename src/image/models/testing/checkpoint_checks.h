#pragma once
// What the tests of checkpoints compare: the parts of a model, tensor by tensor.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "compute/weight_source.h"
#include "image/models/checkpoint.h"

namespace diptych {

inline constexpr ModelPart Checkpoint::* kParts[] = {
    &Checkpoint::unet, &Checkpoint::vae, &Checkpoint::text_encoder, &Checkpoint::text_encoder_2};

inline void expect_equal(const WeightSource& a, const WeightSource& b) {
  ASSERT_EQ(a.index().size(), b.index().size());
  for (std::uint32_t i = 0; i < a.index().size(); ++i) {
    const WeightInfo& info = a.index()[i];
    ASSERT_EQ(info.name, b.index()[i].name);
    ASSERT_EQ(info.shape, b.index()[i].shape) << info.name;
    ASSERT_EQ(info.dtype, b.index()[i].dtype) << info.name;
    ASSERT_TRUE(std::ranges::equal(a.bytes({i}), b.bytes({i}))) << info.name;
  }
}

}  // namespace diptych
