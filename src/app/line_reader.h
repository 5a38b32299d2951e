#pragma once
// Lines from a terminal or pipe, given up as soon as another file becomes readable.

#include <cstdint>
#include <string>

namespace diptych {

class LineReader {  // one thread
 public:
  explicit LineReader(int file) : file_(file) {}

  enum class End : std::uint8_t { kLine, kEndOfFile, kInterrupted };
  // Without the newline. kInterrupted: `interrupt_file` was readable first.
  End next(int interrupt_file, std::string& line);

 private:
  int file_;
  std::string buffered_;
};

}  // namespace diptych
