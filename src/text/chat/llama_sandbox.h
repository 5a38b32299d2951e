#pragma once
// llama.cpp's Jinja interpreter has no limits of its own, and templates come from model files that
// strangers made. A template is checked before the recursive parser sees it, and its tree is
// rewritten so that loops, macro calls, repetition and growing strings are counted while it runs:
// past a limit it throws, which the adapter turns into an Error. Not covered: amplification inside
// one built-in filter (replace with two long strings).

#include <cstddef>
#include <cstdint>
#include <string>

namespace jinja {
struct program;
}

namespace diptych {

struct SandboxLimits {
  std::uint64_t steps_max = 200'000;  // loop rounds and macro calls; one costs 1–10 µs
  std::size_t string_bytes_max = std::size_t{16} << 20;  // of one concatenation or repetition
  std::size_t output_bytes_max = std::size_t{64}
                                 << 20;  // of everything written, also into variables
  std::size_t stack_bytes_max = std::size_t{512} << 10;
};

// While it lives, sandboxed templates that run on this thread share its budget. Without one they
// refuse to run. Past one limit it stays exhausted: llama.cpp swallows errors while it tries a
// template out, and would start again.
class SandboxScope {
 public:
  explicit SandboxScope(const SandboxLimits& limits = {});
  ~SandboxScope();
  SandboxScope(const SandboxScope&) = delete;
  SandboxScope& operator=(const SandboxScope&) = delete;

  const char* exhausted() const { return exhausted_; }  // why, or null

  // For the rewritten tree. All throw std::runtime_error.
  static void count_step();
  static void count_output(std::size_t bytes);
  static void check_string(std::size_t bytes, std::size_t parts);
  static void check_depth(int depth, std::uint64_t containers);  // of a nested value
  static void check_count(std::uint64_t items);                  // elements of one range()

 private:
  static SandboxScope& current();
  void require(bool condition, const char* message);

  const SandboxLimits limits_;
  std::uint64_t steps_ = 0;
  std::size_t output_bytes_ = 0;
  const char* exhausted_ = nullptr;
  const char* stack_base_;
  SandboxScope* outer_;
};

// Throws std::exception: syntax errors, nesting or size past the limits. `source` is replaced by
// what the lexer made of it.
jinja::program parse_sandboxed(std::string& source);

}  // namespace diptych
