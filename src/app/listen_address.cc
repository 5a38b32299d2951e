#include "app/listen_address.h"

#include <arpa/inet.h>

#include <string>

#include "http/listener.h"

namespace diptych {

Result<Reach> reach_of(std::string_view listen) {
  TRY(const ListenAddress address, parse_listen_address(listen));
  in_addr v4{};
  in6_addr v6{};
  const char* host = address.host.c_str();
  const bool loopback = address.host == "localhost" ||
                        (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127) ||
                        (inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6));
  return loopback ? Reach::kThisMachine : Reach::kNetwork;
}

}  // namespace diptych
