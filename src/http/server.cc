#include "http/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "http/connection.h"
#include "http/listener.h"
#include "http/server_context.h"
#include "http/tls.h"

namespace diptych {

namespace {

constexpr std::size_t kRefusedConnectionsMax =
    64;  // that hear a 503; beyond them connections are closed unheard

// Deadlines are looked at this often, so a timeout comes at most an eighth late.
std::chrono::milliseconds tick_interval(const ServerOptions& options) {
  const auto shortest = std::min(
      {options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(shortest / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

void raise_open_files_limit(int connections_max) {
  constexpr rlim_t kOtherFiles = 256;
  const rlim_t wanted = static_cast<rlim_t>(std::max(connections_max, 0)) + kOtherFiles;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
    log_warn("Only {} files may be open at once; {} connections need {}. Raise ulimit -n.",
             limit.rlim_cur, connections_max, wanted);
  }
}

class HttpServer final : public Server, private ConnectionOwner {
 public:
  HttpServer(const ServerOptions& options, Router router, Services& services)
      : options_(options),
        services_(services),
        metrics_(services.metrics),
        authenticator_(services.keys, services.clock,
                       options.require_key ? KeyPolicy::kRequired : KeyPolicy::kOptional),
        front_door_(std::move(router), OriginPolicy(options.cors_origin, !options.require_key),
                    authenticator_),
        rate_(services.clock, options.requests_per_minute),
        handlers_(options.handler_threads, options.handler_queue_max) {}

  ~HttpServer() override { loop_.mailbox()->close(); }

  Status open() {
    if (options_.tls_certificate.empty() != options_.tls_key.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "TLS needs both a certificate and a key; only one of the two is set.",
                  options_.tls_key.empty() ? "tls_key" : "tls_certificate");
    }
    if (!options_.tls_certificate.empty()) {
      TRY(tls_, make_tls_context(options_.tls_certificate, options_.tls_key));
    }
    TRY(listener_, Listener::open(loop_, options_.listen));
    raise_open_files_limit(options_.connections_max);
    listener_->start([this](int fd) { accept(fd); });
    loop_.every(tick_interval(options_), [this] { tick(); });
    return {};
  }

  std::uint16_t port() const override { return listener_->port(); }

  void run() override {
    loop_.run();
    handlers_.stop();
    close_all();
  }

  void drain() override {
    loop_.post([this] {
      context_.draining = true;
      listener_->close();
      for_each_connection([](Connection& connection) { connection.drain(); });
      stop_when_empty();
    });
  }

  void stop_now() override {
    loop_.post([this] {
      context_.draining = true;
      listener_->close();
      close_all();
      loop_.stop();
    });
  }

 private:
  void accept(int fd) {
    const auto connections_max = static_cast<std::size_t>(std::max(options_.connections_max, 1));
    const bool full = connections_.size() >= connections_max;
    const bool too_full = connections_.size() >= connections_max + kRefusedConnectionsMax;
    std::unique_ptr<TlsSession> session = tls_ && !full ? tls_->new_session() : nullptr;
    if (too_full || (tls_ && !session)) {  // a 503 inside TLS would cost a handshake first
      metrics_.refused(RefusalReason::kConnections);
      ::close(fd);
      return;
    }
    tune_socket(fd, options_.stream_buffer_bytes_max);
    const auto connection = std::make_shared<Connection>(context_, fd, std::move(session));
    connections_.emplace(connection.get(), connection);
    metrics_.connections.set(static_cast<double>(connections_.size()));
    if (full) {
      connection->refuse();
    } else {
      connection->start();
    }
  }

  void connection_closed(Connection& connection) override {
    const auto found = connections_.find(&connection);
    if (found == connections_.end()) return;
    loop_.post([gone = std::move(found->second)] {});  // its own methods are still on the stack
    connections_.erase(found);
    metrics_.connections.set(static_cast<double>(connections_.size()));
    stop_when_empty();
  }

  template <class Visit>
  void for_each_connection(Visit visit) {
    for (auto next = connections_.begin(); next != connections_.end();) {
      const auto connection = next->second;
      ++next;  // before visit(), which may close the connection and erase its entry
      visit(*connection);
    }
  }

  void tick() {
    listener_->tick();
    const Monotonic now = services_.clock.now();
    for_each_connection([now](Connection& connection) { connection.tick(now); });
  }

  void close_all() {
    for_each_connection([](Connection& connection) { connection.close(); });
  }

  void stop_when_empty() {
    if (context_.draining && connections_.empty()) loop_.stop();
  }

  // Declared so that what others refer to is destroyed after them.
  const ServerOptions options_;
  Services& services_;
  IoLoop loop_;
  HttpMetrics metrics_;
  Authenticator authenticator_;
  FrontDoor front_door_;
  RequestRate rate_;
  HandlerPool handlers_;
  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<Listener> listener_;
  ServerContext context_{options_,    services_, loop_, authenticator_,
                         front_door_, handlers_, rate_, metrics_,
                         *this,       {},        0,     false};
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
};

}  // namespace

Result<std::unique_ptr<Server>> make_server(const ServerOptions& options,
                                            std::span<const Route> routes, Services& services) {
  TRY(Router router, Router::build(routes));
  auto server = std::make_unique<HttpServer>(options, std::move(router), services);
  TRY_STATUS(server->open());
  return server;
}

}  // namespace diptych
