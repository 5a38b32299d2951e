#include "app/remote_chat.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace diptych {
namespace {

using ::testing::HasSubstr;

// Answers each connection in turn with the bytes it was given, and keeps what was asked.
class CannedServer {
 public:
  explicit CannedServer(std::vector<std::string> answers)
      : answers_(std::move(answers)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, any, size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, any, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~CannedServer() {
    finish();
    close(listener_);
  }
  void finish() {
    if (thread_.joinable()) thread_.join();
  }
  ServerUrl url() const {
    return {.host = "127.0.0.1", .port = std::to_string(port_), .path = "/v1"};
  }
  const std::vector<std::string>& asked() const { return asked_; }  // after finish()

 private:
  void run() {
    for (const std::string& answer : answers_) {
      const int peer = accept(listener_, nullptr, nullptr);
      std::string request(64 << 10, '\0');
      const ssize_t got = recv(peer, request.data(), request.size(), 0);
      asked_.push_back(request.substr(0, got > 0 ? static_cast<std::size_t>(got) : 0));
      send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      shutdown(peer, SHUT_WR);
      while (recv(peer, request.data(), request.size(), 0) > 0) {
      }
      close(peer);
    }
  }
  std::vector<std::string> answers_, asked_;
  int listener_;
  int port_ = 0;
  std::thread thread_;
};

std::string ok(const std::string& body) { return "HTTP/1.0 200 OK\r\nx: y\r\n\r\n" + body; }

TurnHooks hooks_into(std::string& shown) {
  return {.show = [&shown](std::string_view text) { shown += text; },
          .notice = [](std::string_view) {},
          .wait = [](int) { return true; }};
}

TEST(ServerUrl, IsReadInItsUsualSpellings) {
  const auto plain = parse_server_url("http://localhost:8080");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "localhost");
  EXPECT_EQ(plain->port, "8080");
  EXPECT_EQ(plain->path, "/v1");
  EXPECT_EQ(parse_server_url("http://[::1]:80/api/v1/")->host, "::1");
  EXPECT_EQ(parse_server_url("http://[::1]:80/api/v1/")->path, "/api/v1");
  EXPECT_EQ(parse_server_url("http://host/v1")->port, "80");
  EXPECT_EQ(parse_server_url("https://host").error().code, ErrorCode::kUnsupported);
  for (const auto* bad : {"localhost:8080", "http://", "http://:80", "http://host:"}) {
    EXPECT_EQ(parse_server_url(bad).error().code, ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(RemoteChat, AsksForTheModelAndStreamsTheAnswer) {
  CannedServer server(
      {ok(R"({"data":[{"id":"m"}]})"),
       ok("data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\r\n\r\n"
          "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"length\"}]}\n\n"
          "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n"
          "data: [DONE]\n\n"),
       ok("data: {\"choices\":[{\"delta\":{\"content\":\"Bye\"}}]}\n\n")});
  const auto chat = make_remote_chat({.url = server.url(), .key = "sk-1", .model = ""}, {});
  ASSERT_TRUE(chat) << chat.error().message;
  EXPECT_EQ((*chat)->model_id(), "m");
  std::string shown;
  const auto end = (*chat)->say("Hi", hooks_into(shown));
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(shown, "Hello");
  EXPECT_EQ(end->reason, FinishReason::kLength);
  EXPECT_EQ(end->usage.completion_tokens, 2);
  ASSERT_TRUE((*chat)->say("More", hooks_into(shown)));
  server.finish();
  EXPECT_THAT(server.asked()[0], HasSubstr("GET /v1/models HTTP/1.0\r\n"));
  EXPECT_THAT(server.asked()[0], HasSubstr("Authorization: Bearer sk-1\r\n"));
  EXPECT_THAT(server.asked()[2], HasSubstr(R"({"role":"assistant","content":"Hello"})"));
}

TEST(RemoteChat, PassesTheServersErrorsOn) {
  CannedServer server({"HTTP/1.0 401 Unauthorized\r\n\r\n{\"error\":{\"message\":\"no key\"}}",
                       ok("data: {\"error\":{\"message\":\"too slow\"}}\n\n"), "nonsense and more",
                       ""});
  const auto chat = make_remote_chat({.url = server.url(), .key = "", .model = "m"}, {});
  ASSERT_TRUE(chat);
  std::string shown;
  EXPECT_THAT((*chat)->say("Hi", hooks_into(shown)).error().message,
              HasSubstr("no key; give a key"));
  EXPECT_EQ((*chat)->say("Hi", hooks_into(shown)).error().message, "too slow");
  EXPECT_EQ((*chat)->say("Hi", hooks_into(shown)).error().code, ErrorCode::kIo);
  EXPECT_THAT((*chat)->say("Hi", hooks_into(shown)).error().message,
              HasSubstr("without an answer"));
}

TEST(RemoteChat, SaysWhenNobodyListens) {
  ServerUrl url;
  {
    const CannedServer gone({});
    url = gone.url();
  }
  const auto chat = make_remote_chat({.url = url, .key = "", .model = ""}, {});
  ASSERT_FALSE(chat);
  EXPECT_THAT(chat.error().message, HasSubstr("diptych serve"));
}

}  // namespace
}  // namespace diptych
