#pragma once
// The I/O thread's event loop and its watches on file descriptors. The only place that knows Asio.

#include <chrono>
#include <functional>
#include <memory>

#include "http/mailbox.h"

namespace diptych {

class IoLoop {
 public:
  IoLoop();
  ~IoLoop();
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;

  void run();   // until stop()
  void stop();  // any thread
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  void post(Task task) { mailbox_->post(std::move(task)); }                    // any thread
  void every(std::chrono::milliseconds interval, std::function<void()> tick);  // once, before run()

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  void schedule_tick();

  std::unique_ptr<Impl> impl_;
  std::shared_ptr<Mailbox> mailbox_;
  std::chrono::milliseconds tick_interval_{0};
  std::function<void()> tick_;
};

// Owns a non-blocking descriptor and says once per request when it can be read or written. I/O
// thread only. Not open when the kernel refused the watch (out of memory). `ready` also runs on an
// error condition (the next system call tells which); never after close().
class FdWatch {
 public:
  FdWatch(IoLoop& loop, int fd);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  void when_readable(std::function<void()> ready);
  void when_writable(std::function<void()> ready);
  int fd() const;
  bool is_open() const;
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diptych
