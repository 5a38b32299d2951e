#include "image/pipeline/init_image.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "image/pipeline/testing/tiny_model.h"
#include "image/pixels/fit.h"
#include "image/pixels/mask.h"

namespace diptych {
namespace {

PreparedInit prepare(const InitImage& init, int width, int height) {
  auto prepared = prepare_init(init, width, height);
  EXPECT_TRUE(prepared.has_value()) << prepared.error().message;
  return prepared ? std::move(*prepared) : PreparedInit{};
}

InitImage masked(const Picture& picture, const Box& white) {
  InitImage init{.picture = picture};
  init.inpaint = Inpaint{.mask = mask_with(picture.width, picture.height, white), .blur = 0};
  return init;
}

// Where the two pictures differ.
std::optional<Box> changed(const Picture& a, const Picture& b) {
  Picture mask(a.width, a.height, 1, 0);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i)
    if (!std::equal(a.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i),
                    a.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i + 3),
                    b.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i)))
      mask.pixels[i] = 255;
  return find_mask_box(mask, 0);
}

TEST(InitImage, IsFittedAsTheModeSays) {
  InitImage init{.picture = gradient(96, 64)};
  for (const auto& [mode, fitted] :
       std::vector<std::pair<ResizeMode, FitMode>>{{ResizeMode::kStretch, FitMode::kStretch},
                                                   {ResizeMode::kCrop, FitMode::kCrop},
                                                   {ResizeMode::kFill, FitMode::kFill}}) {
    init.resize = mode;
    const PreparedInit prepared = prepare(init, 64, 64);
    EXPECT_EQ(prepared.picture, fit(init.picture, 64, 64, fitted));
    EXPECT_FALSE(prepared.mask.has_value());
  }
}

TEST(InitImage, IsRgbWhateverItWas) {
  InitImage init{.picture = Picture(64, 64, 4, 255)};
  EXPECT_EQ(prepare(init, 64, 64).picture, Picture(64, 64, 3, 255));
  init.picture = Picture(64, 64, 1, 80);
  EXPECT_EQ(prepare(init, 64, 64).picture, Picture(64, 64, 3, 80));
}

TEST(InitImage, AMaskOfAnotherSizeIsFittedToThePicture) {
  InitImage init = masked(gradient(64, 64), {16, 16, 48, 48});
  init.inpaint->mask = mask_with(32, 32, {8, 8, 24, 24});
  EXPECT_EQ(*prepare(init, 64, 64).mask, mask_with(64, 64, {16, 16, 48, 48}));
}

TEST(InitImage, BlurSoftensTheMaskAndInvertingTurnsIt) {
  InitImage init = masked(gradient(64, 64), {16, 16, 48, 48});
  init.inpaint->inverted = true;
  EXPECT_EQ(*prepare(init, 64, 64).mask, invert_mask(mask_with(64, 64, {16, 16, 48, 48})));
  init.inpaint->inverted = false;
  init.inpaint->blur = 2;
  const Picture soft = *prepare(init, 64, 64).mask;
  EXPECT_EQ(soft.row(32)[32], 255);
  EXPECT_EQ(soft.row(32)[2], 0);
  EXPECT_GT(soft.row(32)[15], 0);
  EXPECT_LT(soft.row(32)[15], 255);
}

TEST(InitImage, FillReplacesWhatTheMaskCovers) {
  InitImage init = masked(gradient(64, 64), {16, 16, 48, 48});
  EXPECT_EQ(prepare(init, 64, 64).picture, init.picture);
  init.inpaint->content = MaskedContent::kFill;
  const PreparedInit prepared = prepare(init, 64, 64);
  EXPECT_EQ(prepared.original, init.picture);
  const auto box = changed(prepared.picture, init.picture);
  ASSERT_TRUE(box.has_value());
  EXPECT_EQ(*box, (Box{16, 16, 48, 48}));
}

TEST(InitImage, WithoutAMaskTheDrawnPictureIsTheResult) {
  const PreparedInit prepared = prepare(InitImage{.picture = gradient(64, 64)}, 64, 64);
  EXPECT_EQ(finish_init(prepared, Picture(64, 64, 3, 9)), Picture(64, 64, 3, 9));
}

TEST(InitImage, OutsideTheMaskNothingChanges) {
  const InitImage init = masked(gradient(64, 64), {16, 24, 48, 40});
  const Picture result = finish_init(prepare(init, 64, 64), Picture(64, 64, 3, 255));
  EXPECT_EQ(changed(result, init.picture), (Box{16, 24, 48, 40}));
  EXPECT_EQ(result.row(30)[3 * 20], 255);
}

TEST(InitImage, OnlyMaskedDrawsTheRegionAndLaysItBack) {
  InitImage init = masked(gradient(256, 192), {100, 80, 132, 112});
  init.inpaint->only_masked = true;
  init.inpaint->padding = 16;
  const PreparedInit prepared = prepare(init, 64, 64);
  ASSERT_TRUE(prepared.region.has_value());
  EXPECT_EQ(*prepared.region, (Box{84, 64, 148, 128}));
  EXPECT_EQ(prepared.picture, crop(init.picture, *prepared.region));  // the size fits as it is
  const Picture result = finish_init(prepared, Picture(64, 64, 3, 255));
  EXPECT_EQ(result.width, 256);
  EXPECT_EQ(changed(result, init.picture), (Box{100, 80, 132, 112}));
}

// A1111 doubles the overlay's levels for whole pictures alone.
TEST(InitImage, OnlyMaskedLaysBackThroughTheBlurredMaskItself) {
  InitImage init = masked(Picture(128, 128, 3, 0), {48, 48, 80, 80});
  init.inpaint->blur = 4;
  const PreparedInit whole = prepare(init, 128, 128);
  init.inpaint->only_masked = true;
  const PreparedInit region = prepare(init, 64, 64);
  EXPECT_GT(whole.overlay_mask.row(64)[46], region.overlay_mask.row(64)[46]);
  const Picture result = finish_init(region, Picture(64, 64, 3, 255));
  EXPECT_EQ(result.row(64)[3 * 46], region.overlay_mask.row(64)[46]);
}

TEST(InitImage, OnlyMaskedNeedsAMaskThatCoversSomething) {
  InitImage init = masked(gradient(64, 64), {0, 0, 0, 0});
  init.inpaint->only_masked = true;
  const auto prepared = prepare_init(init, 64, 64);
  ASSERT_FALSE(prepared.has_value());
  EXPECT_EQ(prepared.error().param, "mask");
}

TEST(InitImage, ASoftMaskDrawsAnewInPart) {
  const auto model = open_tiny_model("sd1");
  ASSERT_NE(model, nullptr);
  InitImage init = masked(gradient(64, 64), {0, 0, 0, 0});
  init.inpaint->mask = Picture(64, 64, 1, 102);
  for (const auto& [soft, share] : std::vector<std::pair<bool, double>>{{false, 0}, {true, 0.4}}) {
    init.inpaint->soft = soft;
    const auto latents = encode_init(*model, prepare(init, 64, 64), init, {});
    ASSERT_TRUE(latents.has_value()) << latents.error().message;
    EXPECT_NEAR(latents->share.at(10), share, 1e-9);
  }
}

}  // namespace
}  // namespace diptych
