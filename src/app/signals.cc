#include "app/signals.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "base/log.h"

namespace diptych {
namespace {

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

std::unexpected<Error> system_error(std::string_view what) {
  return fail(ErrorCode::kInternal,
              fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

}  // namespace

Result<std::unique_ptr<SignalSource>> SignalSource::open() {
  std::signal(SIGPIPE,
              SIG_IGN);  // a closed peer is an error of write(), not the end of the process
  const sigset_t set = watched_signals();
  if (pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0) return system_error("sigmask");
  const int file = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (file < 0) return system_error("signalfd");
  return std::unique_ptr<SignalSource>(new SignalSource(file));
}

SignalSource::~SignalSource() {
  ::close(file_);
  const sigset_t set = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::optional<int> SignalSource::take() {
  signalfd_siginfo info{};
  if (::read(file_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

Result<std::unique_ptr<ShutdownWatcher>> ShutdownWatcher::start(SignalSource& signals,
                                                                ShutdownActions actions) {
  const int wake = eventfd(0, EFD_CLOEXEC);
  if (wake < 0) return system_error("eventfd");
  return std::unique_ptr<ShutdownWatcher>(new ShutdownWatcher(signals, std::move(actions), wake));
}

ShutdownWatcher::ShutdownWatcher(SignalSource& signals, ShutdownActions actions, int wake)
    : signals_(signals), actions_(std::move(actions)), wake_(wake), thread_([this] { run(); }) {}

ShutdownWatcher::~ShutdownWatcher() {
  eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
}

bool ShutdownWatcher::wait_for_signal(int timeout_ms) {
  std::array<pollfd, 2> files = {pollfd{signals_.file(), POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  while (true) {
    const int ready = poll(files.data(), files.size(), timeout_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || (files[1].revents & POLLIN) != 0) return false;
    if (signals_.take()) return true;
  }
}

void ShutdownWatcher::run() {
  if (!wait_for_signal(-1)) return;
  log_info("shutting down: finishing what runs; a second signal stops at once");
  actions_.drain();
  const auto wait_ms = std::chrono::duration_cast<std::chrono::milliseconds>(actions_.drain_wait);
  const bool again = wait_for_signal(static_cast<int>(wait_ms.count()));
  pollfd wake{wake_, POLLIN, 0};
  if (!again && poll(&wake, 1, 0) == 1) return;  // drained in time
  log_warn("stopping now: {}", again ? "second signal" : "draining took too long");
  actions_.stop_now();
}

}  // namespace diptych
