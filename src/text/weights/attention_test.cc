#include "text/weights/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "text/weights/packed_matrix.h"

namespace diptych::weights {
namespace {

constexpr std::uint16_t kHidden = 0xfc00;  // −inf

struct Case {
  AttentionShape shape;
  std::vector<float> query;
  std::vector<std::uint16_t> key, value, mask;
  std::vector<std::uint64_t> write_order;  // empty: ascending
  float scale = 0.125F;
};

std::uint16_t random_half(std::mt19937& random) {  // ±[2^-4, 2)
  return static_cast<std::uint16_t>((random() & 0x8000) | (0x2c00 + random() % 0x1400));
}

Case make_case(const AttentionShape& shape, std::mt19937& random) {
  Case c;
  c.shape = shape;
  std::normal_distribution<float> normal;
  const auto head = static_cast<std::size_t>(shape.head_size);
  c.query.resize(static_cast<std::size_t>(shape.token_count) *
                 static_cast<std::size_t>(shape.query_heads) * head);
  for (float& q : c.query) q = normal(random);
  c.key.resize(static_cast<std::size_t>(shape.cell_count) *
               static_cast<std::size_t>(shape.kv_heads) * head);
  c.value.resize(c.key.size());
  for (std::uint16_t& k : c.key) k = random_half(random);
  for (std::uint16_t& v : c.value) v = random_half(random);
  c.mask.assign(static_cast<std::size_t>(shape.token_count * shape.cell_count), kHidden);
  return c;
}

void show(Case& c, std::int64_t token, std::int64_t cell) {
  c.mask[static_cast<std::size_t>(token * c.shape.cell_count + cell)] = 0;
}

std::vector<float> run(const Case& c, int threads) {
  const auto head = static_cast<std::size_t>(c.shape.head_size);
  const std::size_t query_row = static_cast<std::size_t>(c.shape.query_heads) * head;
  const std::size_t kv_row = static_cast<std::size_t>(c.shape.kv_heads) * head;
  std::vector<float> out(c.query.size(), NAN);
  const AttentionInput input{c.query.data(),
                             query_row,
                             head,
                             c.key.data(),
                             kv_row,
                             head,
                             c.value.data(),
                             kv_row,
                             head,
                             c.mask.data(),
                             static_cast<std::size_t>(c.shape.cell_count),
                             c.write_order.empty() ? nullptr : c.write_order.data(),
                             c.scale,
                             out.data(),
                             query_row,
                             head};
  std::vector<std::byte> space(attention_scratch_bytes(c.shape, threads) + 64);
  auto* scratch =
      reinterpret_cast<std::byte*>((reinterpret_cast<std::uintptr_t>(space.data()) + 63) / 64 * 64);
  Attended state = Attended::kDone;
  for (int t = 0; t < threads; ++t) state = attend(c.shape, input, {t, threads}, scratch);
  for (int t = 0; t < threads && state == Attended::kMergeNeeded; ++t)
    attend_merge(c.shape, input, {t, threads}, scratch);
  return out;
}

// The definition, in double.
std::vector<double> naive_row(const Case& c, std::int64_t token, int query_head) {
  const auto head = static_cast<std::size_t>(c.shape.head_size);
  const auto kv = static_cast<std::size_t>(query_head / (c.shape.query_heads / c.shape.kv_heads));
  const float* q = c.query.data() + (static_cast<std::size_t>(token) *
                                         static_cast<std::size_t>(c.shape.query_heads) +
                                     static_cast<std::size_t>(query_head)) *
                                        head;
  std::vector<double> out(head, 0.0);
  double total = 0;
  for (std::int64_t cell = 0; cell < c.shape.cell_count; ++cell) {
    if (c.mask[static_cast<std::size_t>(token * c.shape.cell_count + cell)] == kHidden) continue;
    const std::size_t at =
        (static_cast<std::size_t>(cell) * static_cast<std::size_t>(c.shape.kv_heads) + kv) * head;
    double score = 0;
    for (std::size_t d = 0; d < head; ++d)
      score += double{q[d]} * double{half_to_float(c.key[at + d])};
    const double weight = std::exp(score * double{c.scale});
    total += weight;
    for (std::size_t d = 0; d < head; ++d)
      out[d] += weight * double{half_to_float(c.value[at + d])};
  }
  for (double& o : out) o /= total;
  return out;
}

void expect_naive(const Case& c, const std::vector<float>& got, double tolerance = 2e-6) {
  const auto head = static_cast<std::size_t>(c.shape.head_size);
  for (std::int64_t token = 0; token < c.shape.token_count; ++token) {
    for (int h = 0; h < c.shape.query_heads; ++h) {
      const std::vector<double> want = naive_row(c, token, h);
      const std::size_t at =
          (static_cast<std::size_t>(token) * static_cast<std::size_t>(c.shape.query_heads) +
           static_cast<std::size_t>(h)) *
          head;
      for (std::size_t d = 0; d < head; ++d)
        ASSERT_NEAR(got[at + d], want[d], tolerance) << "token " << token << " head " << h;
    }
  }
}

class Attention : public testing::Test {
 protected:
  void SetUp() override {
    if (!attention_supported({64, 9, 3, 1, 1})) GTEST_SKIP() << "needs AVX-512";
  }
  std::mt19937 random_{7};
};

TEST_F(Attention, CausalPromptEqualsTheDefinition) {
  for (const AttentionShape& shape : {AttentionShape{64, 9, 3, 40, 40},
                                      {64, 9, 3, 130, 200},
                                      {128, 8, 1, 20, 70},
                                      {32, 4, 4, 17, 65},
                                      {80, 4, 2, 5, 300},
                                      {16, 2, 1, 3, 3}}) {
    Case c = make_case(shape, random_);
    const std::int64_t before = shape.cell_count - shape.token_count;
    for (std::int64_t t = 0; t < shape.token_count; ++t)
      for (std::int64_t cell = 0; cell <= before + t; ++cell) show(c, t, cell);
    expect_naive(c, run(c, 2));
  }
}

TEST_F(Attention, SequencesInOneCacheDoNotSeeEachOther) {
  Case c = make_case({64, 6, 2, 9, 333}, random_);
  for (std::int64_t t = 0; t < 9; ++t) {
    for (std::int64_t cell = t; cell < 333; cell += 9) show(c, t, cell);
  }
  expect_naive(c, run(c, 1));
}

TEST_F(Attention, ResultDoesNotDependOnTheRestOfTheBatchOrTheThreads) {
  // One sequence alone, and the same sequence with its cells between those of others.
  Case alone = make_case({64, 9, 3, 1, 100}, random_);
  for (std::int64_t cell = 0; cell < 100; ++cell) show(alone, 0, cell);
  Case crowd = make_case({64, 9, 3, 24, 300}, random_);
  std::copy(alone.query.begin(), alone.query.end(), crowd.query.begin() + 5 * 9 * 64);
  for (std::int64_t cell = 0; cell < 300; ++cell) {
    const auto kv = static_cast<std::size_t>(3 * 64);
    if (cell % 3 == 1) {
      const auto from = static_cast<std::size_t>(cell / 3) * kv,
                 to = static_cast<std::size_t>(cell) * kv;
      std::copy_n(alone.key.begin() + static_cast<std::ptrdiff_t>(from), kv,
                  crowd.key.begin() + static_cast<std::ptrdiff_t>(to));
      std::copy_n(alone.value.begin() + static_cast<std::ptrdiff_t>(from), kv,
                  crowd.value.begin() + static_cast<std::ptrdiff_t>(to));
      show(crowd, 5, cell);
    } else {
      for (std::int64_t t = 0; t < 24; ++t)
        if (t != 5) show(crowd, t, cell);
    }
  }
  const std::vector<float> one = run(alone, 1);
  for (const int threads : {1, 2, 5, 16}) {
    const std::vector<float> many = run(crowd, threads);
    for (std::size_t i = 0; i < one.size(); ++i)
      ASSERT_EQ(one[i], many[5 * 9 * 64 + i]) << threads << " threads";
  }
}

TEST_F(Attention, TokenByTokenEqualsPrefill) {
  Case prompt = make_case({64, 3, 1, 600, 600}, random_);
  for (std::int64_t t = 0; t < 600; ++t)
    for (std::int64_t cell = 0; cell <= t; ++cell) show(prompt, t, cell);
  const std::vector<float> all = run(prompt, 1);
  for (const std::int64_t t : {0, 63, 64, 255, 256, 500, 599}) {
    Case one = prompt;
    one.shape.token_count = 1;
    one.query.assign(prompt.query.begin() + t * 3 * 64, prompt.query.begin() + (t + 1) * 3 * 64);
    one.mask.assign(prompt.mask.begin() + t * 600, prompt.mask.begin() + (t + 1) * 600);
    const std::vector<float> step = run(one, 1);
    for (std::size_t i = 0; i < step.size(); ++i)
      ASSERT_EQ(step[i], all[static_cast<std::size_t>(t) * 3 * 64 + i]) << "token " << t;
  }
}

// The same cells, written in the same order, but shuffled over the cache.
TEST_F(Attention, ResultDoesNotDependOnWhereCellsLie) {
  constexpr std::int64_t kTokens = 40, kCells = 400;
  Case straight = make_case({64, 9, 3, kTokens, kCells}, random_);
  for (std::int64_t t = 0; t < kTokens; ++t)
    for (std::int64_t cell = 0; cell <= kCells - kTokens + t; ++cell) show(straight, t, cell);
  std::vector<std::size_t> place(kCells);
  for (std::size_t i = 0; i < place.size(); ++i) place[i] = i;
  std::shuffle(place.begin(), place.end(), random_);
  Case shuffled = straight;
  shuffled.write_order.resize(kCells);
  constexpr std::size_t kRow = 3 * 64;
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    const auto from = static_cast<std::ptrdiff_t>(cell * kRow),
               to = static_cast<std::ptrdiff_t>(place[cell] * kRow);
    std::copy_n(straight.key.begin() + from, kRow, shuffled.key.begin() + to);
    std::copy_n(straight.value.begin() + from, kRow, shuffled.value.begin() + to);
    shuffled.write_order[place[cell]] = 1000 + cell;
    for (std::size_t t = 0; t < kTokens; ++t)
      shuffled.mask[t * kCells + place[cell]] = straight.mask[t * kCells + cell];
  }
  EXPECT_EQ(run(shuffled, 2), run(straight, 2));
  EXPECT_EQ(run(shuffled, 16), run(straight, 1));
}

TEST_F(Attention, LargeScoresDoNotOverflow) {
  Case c = make_case({64, 1, 1, 1, 90}, random_);
  for (float& q : c.query) q *= 100;  // scores of some hundreds: e^score is beyond float
  for (std::int64_t cell = 0; cell < 90; ++cell) show(c, 0, cell);
  expect_naive(c, run(c, 1), 1e-4);
}

}  // namespace
}  // namespace diptych::weights
