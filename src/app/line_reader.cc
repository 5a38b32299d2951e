#include "app/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace diptych {

LineReader::End LineReader::next(int interrupt_file, std::string& line) {
  while (true) {
    if (const std::size_t end = buffered_.find('\n'); end != std::string::npos) {
      line = buffered_.substr(0, end);
      buffered_.erase(0, end + 1);
      return End::kLine;
    }
    std::array<pollfd, 2> files = {pollfd{interrupt_file, POLLIN, 0}, pollfd{file_, POLLIN, 0}};
    if (poll(files.data(), files.size(), -1) < 0 && errno == EINTR) continue;
    if (files[0].revents != 0) return End::kInterrupted;
    std::array<char, 4096> bytes;
    const ssize_t got = read(file_, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      line = std::move(buffered_);
      buffered_.clear();
      return line.empty() ? End::kEndOfFile : End::kLine;
    }
    buffered_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace diptych
