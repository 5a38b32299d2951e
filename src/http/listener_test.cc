#include "http/listener.h"

#include <gmock/gmock.h>

namespace diptych {
namespace {

using testing::HasSubstr;

TEST(ListenAddress, ParsesWhatPeopleType) {
  struct Case {
    std::string_view text, host;
    int port;
  };
  for (const Case& c : {Case{"127.0.0.1:8080", "127.0.0.1", 8080}, Case{"[::1]:0", "::1", 0},
                        Case{"localhost:80", "localhost", 80}, Case{":8080", "", 8080},
                        Case{"*:1", "", 1}, Case{"[::]:65535", "", 65535}}) {
    const auto address = parse_listen_address(c.text);
    ASSERT_TRUE(address) << c.text;
    EXPECT_EQ(address->host, c.host) << c.text;
    EXPECT_EQ(address->port, c.port) << c.text;
  }
}

TEST(ListenAddress, RefusesTheRestWithAnExample) {
  for (const std::string_view bad :
       {"", "8080", "localhost", "localhost:", "localhost:x", "localhost:65536", "::1:80", "[]:80",
        "localhost:-1", "localhost:80 "}) {
    const auto address = parse_listen_address(bad);
    ASSERT_FALSE(address) << bad;
    EXPECT_EQ(address.error().param, "listen");
    EXPECT_THAT(address.error().message, HasSubstr("127.0.0.1:8080"));
  }
}

TEST(Listener, NamesTheAddressThatIsTaken) {
  IoLoop loop;
  const auto first = Listener::open(loop, "127.0.0.1:0");
  ASSERT_TRUE(first) << first.error().message;
  const std::string same = "127.0.0.1:" + std::to_string((*first)->port());
  const auto second = Listener::open(loop, same);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kIo);
  EXPECT_THAT(second.error().message, HasSubstr(same));
  EXPECT_THAT(second.error().message, HasSubstr("another program"));
}

TEST(Listener, EveryAddressTakesIPv4Too) {
  IoLoop loop;
  const auto listener = Listener::open(loop, ":0");
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_NE((*listener)->port(), 0);
}

}  // namespace
}  // namespace diptych
