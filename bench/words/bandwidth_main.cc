// words-bandwidth [THREADS]: how fast this machine reads memory, in GB/s: the ceiling of decoding,
// which reads every weight for each token. Each thread sums its own part of a buffer far larger
// than the caches; the best of five passes counts.

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kBytesPerThread = std::size_t{256} << 20;
constexpr int kPasses = 5;

std::uint64_t sum(const std::vector<std::uint64_t>& words) {
  std::uint64_t lanes[8] =
      {};  // independent sums, so that the loads and not the additions are the limit
  for (std::size_t i = 0; i + 8 <= words.size(); i += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += words[i + lane];
  }
  return std::accumulate(std::begin(lanes), std::end(lanes), std::uint64_t{0});
}

double gigabytes_per_second(unsigned thread_count) {
  using Clock = std::chrono::steady_clock;
  std::barrier gate(static_cast<std::ptrdiff_t>(thread_count));
  std::vector<Clock::time_point> marks(kPasses + 1);
  std::vector<std::uint64_t> sums(
      thread_count);  // used below: the reads must not be optimised away
  const auto work = [&](unsigned index) {
    const std::vector<std::uint64_t> words(kBytesPerThread / sizeof(std::uint64_t), index + 1);
    for (std::size_t pass = 0; pass <= kPasses; ++pass) {
      gate.arrive_and_wait();
      if (index == 0) marks[pass] = Clock::now();
      if (pass < kPasses) sums[index] += sum(words);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned index = 0; index < thread_count; ++index) threads.emplace_back(work, index);
  }
  double best = 0;
  for (std::size_t pass = 0; pass < kPasses; ++pass) {
    const double seconds = std::chrono::duration<double>(marks[pass + 1] - marks[pass]).count();
    best = std::max(best, static_cast<double>(kBytesPerThread) * thread_count / seconds / 1e9);
  }
  return sums.front() == 0 ? 0 : best;
}

}  // namespace

int main(int argc, char** argv) {
  const int wanted = argc > 1 ? std::atoi(argv[1]) : 0;
  const unsigned thread_count = wanted > 0 ? static_cast<unsigned>(wanted)
                                           : std::max(1U, std::thread::hardware_concurrency());
  std::printf("%.1f\n", gigabytes_per_second(thread_count));
}
