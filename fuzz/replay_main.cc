// Feeds the files of a corpus folder to a fuzz target, each also cut in half and with its bits turned, so that the
// target's properties are tested in builds without libFuzzer.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz_target.h"

namespace {

int feed(const std::string& bytes) {
  return LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int feed_variants(const std::string& bytes) {
  int count = 0;
  const auto feed_and_count = [&](const std::string& variant) { count += feed(variant) == 0; };
  feed_and_count(bytes);
  feed_and_count(bytes.substr(0, bytes.size() / 2));
  const std::size_t stride = std::max<std::size_t>(bytes.size() / 64, 1);
  for (std::size_t at = 0; at < bytes.size(); at += stride) {
    std::string turned = bytes;
    turned[at] = static_cast<char>(turned[at] ^ (1 << (at % 8)));
    feed_and_count(turned);
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    fmt::print(stderr, "no corpus files; usage: {} FOLDER…\n", argv[0]);
    return 1;
  }
  int count = feed("");
  for (const auto& file : files) count += feed_variants(contents_of(file));
  fmt::print("{} files, {} inputs\n", files.size(), count);
  return 0;
}
