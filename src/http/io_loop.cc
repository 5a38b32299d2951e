#include "http/io_loop.h"

// One thread runs the loop and its queue is locked, so Asio's extra memory fences order nothing;
// ThreadSanitizer does not know fences.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <utility>

#include "base/log.h"

namespace diptych {

namespace asio = boost::asio;

struct IoLoop::Impl {
  asio::io_context context{1};  // one thread runs it; posting from others stays safe
  asio::steady_timer timer{context};
};

IoLoop::IoLoop() : impl_(std::make_unique<Impl>()) {
  mailbox_ = std::make_shared<Mailbox>(
      [this] { asio::post(impl_->context, [mailbox = mailbox_] { mailbox->deliver(); }); });
}

IoLoop::~IoLoop() { mailbox_->close(); }

void IoLoop::run() {
  const auto keep_running = asio::make_work_guard(impl_->context);
  while (!impl_->context.stopped()) {
    try {
      impl_->context.run();
    } catch (const std::exception& exception) {  // out of memory, above all: one connection's bad
                                                 // luck, not the server's
      log_error("The I/O loop goes on after: {}", exception.what());
    }
  }
}

void IoLoop::stop() { impl_->context.stop(); }

void IoLoop::every(std::chrono::milliseconds interval, std::function<void()> tick) {
  tick_interval_ = interval;
  tick_ = std::move(tick);
  schedule_tick();
}

void IoLoop::schedule_tick() {
  impl_->timer.expires_after(tick_interval_);
  impl_->timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    tick_();
    schedule_tick();
  });
}

struct FdWatch::Impl {
  asio::posix::stream_descriptor descriptor;

  void wait(asio::posix::descriptor_base::wait_type what, std::function<void()> ready) {
    if (!descriptor.is_open()) return;
    descriptor.async_wait(what, [ready = std::move(ready)](const boost::system::error_code& error) {
      if (error != asio::error::operation_aborted) ready();
    });
  }
};

FdWatch::FdWatch(IoLoop& loop, int fd)
    : impl_(new Impl{asio::posix::stream_descriptor(loop.impl().context)}) {
  boost::system::error_code error;
  impl_->descriptor.assign(fd, error);
  if (error) ::close(fd);  // out of kernel memory; is_open() says so
}

FdWatch::~FdWatch() { close(); }

void FdWatch::when_readable(std::function<void()> ready) {
  impl_->wait(asio::posix::descriptor_base::wait_read, std::move(ready));
}

void FdWatch::when_writable(std::function<void()> ready) {
  impl_->wait(asio::posix::descriptor_base::wait_write, std::move(ready));
}

int FdWatch::fd() const { return impl_->descriptor.native_handle(); }

bool FdWatch::is_open() const { return impl_->descriptor.is_open(); }

void FdWatch::close() {
  boost::system::error_code ignored;  // the descriptor is gone either way
  impl_->descriptor.close(ignored);
}

}  // namespace diptych
