// TLS with a certificate made here.

#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "http/server.h"
#include "http/testing/stage.h"

namespace diptych {
namespace {

using testing::Client;
using testing::get_request;
using ::testing::HasSubstr;
using testing::post_request;
using testing::TestServer;

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using File = std::unique_ptr<std::FILE, Freed<std::fclose>>;
using SslContext = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL_free>>;

class SelfSigned {  // writes certificate.pem and key.pem into a folder of its own
 public:
  SelfSigned() {
    std::string name = std::filesystem::temp_directory_path() / "diptych-tls-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    const Certificate certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    PEM_write_X509(File(std::fopen(certificate_file().c_str(), "w")).get(), certificate.get());
    PEM_write_PrivateKey(File(std::fopen(key_file().c_str(), "w")).get(), key.get(), nullptr,
                         nullptr, 0, nullptr, nullptr);
  }
  ~SelfSigned() { std::filesystem::remove_all(folder_); }
  std::string certificate_file() const { return folder_ / "certificate.pem"; }
  std::string key_file() const { return folder_ / "key.pem"; }

 private:
  std::filesystem::path folder_;
};

class TlsClient {
 public:
  TlsClient(std::uint16_t port, int version_max = 0)
      : plain_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), plain_.fd());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  bool connected() const { return connected_; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  bool send(std::string_view bytes) {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
           static_cast<int>(bytes.size());
  }
  std::string read_until(std::string_view mark) {
    std::array<char, 4096> bytes;
    while (received_.find(mark) == std::string::npos) {
      const int size = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (size <= 0) return {};
      received_.append(bytes.data(), static_cast<std::size_t>(size));
    }
    const std::size_t end = received_.find(mark) + mark.size();
    std::string result = received_.substr(0, end);
    received_.erase(0, end);
    return result;
  }
  void say_goodbye() { SSL_shutdown(ssl_.get()); }
  Client& plain() { return plain_; }

 private:
  Client plain_;
  SslContext context_;
  Ssl ssl_;
  bool connected_ = false;
  std::string received_;
};

class ServerTls : public ::testing::Test {
 protected:
  ServerOptions options() const {
    return {.tls_certificate = pem_.certificate_file(), .tls_key = pem_.key_file()};
  }
  SelfSigned pem_;
};

TEST_F(ServerTls, ServesRequestsStreamsAndLargeBodies) {
  TestServer server(options());
  TlsClient client(server.port());
  ASSERT_TRUE(client.connected());
  ASSERT_TRUE(client.send(get_request("/hello")));
  EXPECT_THAT(client.read_until("hello"), HasSubstr("200 OK"));
  const std::string body(200'000, 'q');
  ASSERT_TRUE(client.send(post_request("/echo", body + "END")));
  EXPECT_THAT(client.read_until("END"), HasSubstr(body));
  ASSERT_TRUE(client.send(get_request("/stream")));
  const auto feed = server.stage.wait_feed(0);
  feed->push("piece");
  EXPECT_THAT(client.read_until("piece"), HasSubstr("chunked"));
  feed->end();
  EXPECT_NE(client.read_until("0\r\n\r\n"), "");
  ASSERT_TRUE(client.send(get_request("/big")));
  EXPECT_NE(client.read_until(std::string(std::size_t{8} << 20, 'b')), "");
}

TEST_F(ServerTls, SpeaksTls12And13AndNothingOlder) {
  TestServer server(options());
  EXPECT_EQ(TlsClient(server.port()).version(), "TLSv1.3");
  EXPECT_EQ(TlsClient(server.port(), TLS1_2_VERSION).version(), "TLSv1.2");
  EXPECT_FALSE(TlsClient(server.port(), TLS1_1_VERSION).connected());
}

TEST_F(ServerTls, NoticesAClientThatLeaves) {
  TestServer server(options());
  for (const bool politely : {true, false}) {
    TlsClient client(server.port());
    ASSERT_TRUE(client.connected());
    ASSERT_TRUE(client.send(post_request("/pending", "")));
    const auto feed = server.stage.wait_feed(politely ? 0 : 1);
    ASSERT_TRUE(feed);
    if (politely) {
      client.say_goodbye();
    } else {
      client.plain().close();
    }
    EXPECT_TRUE(feed->wait_destroyed());
  }
}

TEST_F(ServerTls, ClosesOnPlainTextAndOnSilence) {
  ServerOptions impatient = options();
  impatient.header_timeout = std::chrono::milliseconds(60);
  TestServer server(impatient);
  Client plain(server.port());
  ASSERT_TRUE(plain.send(get_request("/hello")));
  EXPECT_TRUE(plain.wait_closed());
  Client silent(server.port());
  EXPECT_TRUE(silent.wait_closed());
}

TEST_F(ServerTls, RefusesHalfAConfigurationAndFilesThatDoNotBelongTogether) {
  SelfSigned other;
  struct Case {
    std::string certificate, key;
    std::string_view param;
  };
  TestServer plain;  // lends its services
  for (const Case& c :
       {Case{pem_.certificate_file(), "", "tls_key"}, Case{"", pem_.key_file(), "tls_certificate"},
        Case{"/nowhere.pem", pem_.key_file(), "tls_certificate"},
        Case{pem_.key_file(), pem_.key_file(), "tls_certificate"},
        Case{pem_.certificate_file(), "/nowhere.pem", "tls_key"},
        Case{pem_.certificate_file(), other.key_file(), "tls_key"}}) {
    const auto server =
        make_server({.listen = "127.0.0.1:0", .tls_certificate = c.certificate, .tls_key = c.key},
                    {}, plain.services());
    ASSERT_FALSE(server) << c.certificate << " " << c.key;
    EXPECT_EQ(server.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(server.error().param, c.param);
  }
}

}  // namespace
}  // namespace diptych
