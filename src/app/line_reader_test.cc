#include "app/line_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace diptych {
namespace {

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~Pipe() {
    close(ends_[0]);
    finish();
  }
  int reading() const { return ends_[0]; }
  void write(std::string_view text) const {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void finish() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(LineReader, GivesLinesAndThenTheRest) {
  Pipe input, interrupt;
  input.write("one\n\ntwo");
  input.finish();
  LineReader reader(input.reading());
  std::string line;
  EXPECT_EQ(reader.next(interrupt.reading(), line), LineReader::End::kLine);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(reader.next(interrupt.reading(), line), LineReader::End::kLine);
  EXPECT_EQ(line, "");
  EXPECT_EQ(reader.next(interrupt.reading(), line), LineReader::End::kLine);
  EXPECT_EQ(line, "two");
  EXPECT_EQ(reader.next(interrupt.reading(), line), LineReader::End::kEndOfFile);
}

TEST(LineReader, GivesUpWhenInterrupted) {
  Pipe input, interrupt;
  interrupt.write("!");
  LineReader reader(input.reading());
  std::string line;
  EXPECT_EQ(reader.next(interrupt.reading(), line), LineReader::End::kInterrupted);
}

}  // namespace
}  // namespace diptych
