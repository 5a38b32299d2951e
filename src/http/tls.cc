#include "http/tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <limits>
#include <utility>

namespace diptych {

namespace {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPointer = std::unique_ptr<SSL, SslDeleter>;
using ContextPointer = std::unique_ptr<SSL_CTX, SslDeleter>;

std::string last_tls_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

int as_length(std::size_t size) {
  constexpr std::size_t kMax = std::size_t{1} << 30;
  return static_cast<int>(size < kMax ? size : kMax);
}

class Session final : public TlsSession {
 public:
  explicit Session(SslPointer ssl) : ssl_(std::move(ssl)) {}

  bool established() const override { return SSL_is_init_finished(ssl_.get()) == 1; }

  State decrypt(std::string_view from_peer, std::string& plain) override {
    while (!from_peer.empty()) {  // a memory BIO takes everything unless memory is out
      const int taken =
          BIO_write(SSL_get_rbio(ssl_.get()), from_peer.data(), as_length(from_peer.size()));
      if (taken <= 0) return State::kEnd;
      from_peer.remove_prefix(static_cast<std::size_t>(taken));
    }
    std::array<char, 16 << 10> record;  // the largest TLS record
    for (;;) {
      ERR_clear_error();
      const int size = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
      if (size > 0) {
        plain.append(record.data(), static_cast<std::size_t>(size));
        continue;
      }
      return SSL_get_error(ssl_.get(), size) == SSL_ERROR_WANT_READ ? State::kOpen : State::kEnd;
    }
  }

  State encrypt(std::string_view plain) override {
    while (!plain.empty()) {
      ERR_clear_error();
      const int size = SSL_write(ssl_.get(), plain.data(), as_length(plain.size()));
      if (size <= 0) return State::kEnd;
      plain.remove_prefix(static_cast<std::size_t>(size));
    }
    return State::kOpen;
  }

  void say_goodbye() override {
    ERR_clear_error();
    if (established()) SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

  void take_output(std::string& out) override {
    BIO* const bio = SSL_get_wbio(ssl_.get());
    const std::size_t waiting = BIO_ctrl_pending(bio);
    if (waiting == 0) return;
    const std::size_t old_size = out.size();
    out.resize(old_size + waiting);
    const int size = BIO_read(bio, out.data() + old_size, as_length(waiting));
    out.resize(old_size + static_cast<std::size_t>(size > 0 ? size : 0));
  }

 private:
  SslPointer ssl_;
};

class Context final : public TlsContext {
 public:
  explicit Context(ContextPointer context) : context_(std::move(context)) {}

  std::unique_ptr<TlsSession> new_session() override {
    SslPointer ssl(SSL_new(context_.get()));
    BIO* const input = BIO_new(BIO_s_mem());
    BIO* const output = BIO_new(BIO_s_mem());
    if (!ssl || input == nullptr || output == nullptr) {
      BIO_free(input);
      BIO_free(output);
      return nullptr;
    }
    SSL_set_bio(ssl.get(), input, output);
    SSL_set_accept_state(ssl.get());
    return std::make_unique<Session>(std::move(ssl));
  }

 private:
  ContextPointer context_;
};

// An encrypted key is an error; OpenSSL's own default would ask for the password on the terminal
// and wait.
int no_password(char*, int, int, void*) { return 0; }

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, out_size, kHttp11, sizeof kHttp11 - 1, offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> make_tls_context(const std::string& certificate_file,
                                                     const std::string& key_file) {
  ContextPointer context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(ErrorCode::kOutOfMemory, "No memory for TLS: " + last_tls_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);  // idle connections hold no buffers
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Cannot use the TLS certificate '{}': {}. It must be a PEM file, the "
                            "server's certificate first.",
                            certificate_file, last_tls_error()),
                "tls_certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Cannot use the TLS key '{}': {}. It must be the PEM private key of "
                            "the certificate '{}'.",
                            key_file, last_tls_error(), certificate_file),
                "tls_key");
  }
  return std::make_unique<Context>(std::move(context));
}

}  // namespace diptych
