#include "app/machine.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>

#include "http/listener.h"

namespace diptych {
namespace {

constexpr std::array<std::string_view, 7> kUsefulExtensions = {
    "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimd", "asimddp"};

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Status bind_once(const addrinfo& address, std::string_view listen) {
  const int file = socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0);
  int problem = file < 0 ? errno : 0;
  const int yes = 1;
  if (problem == 0) setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (problem == 0 && bind(file, address.ai_addr, address.ai_addrlen) != 0) problem = errno;
  if (problem == 0 && ::listen(file, 1) != 0) problem = errno;
  if (file >= 0) close(file);
  if (problem == 0) return {};
  return fail(
      problem == EADDRINUSE ? ErrorCode::kConflict : ErrorCode::kInvalidArgument,
      fmt::format("cannot listen on {}: {}", listen, std::generic_category().message(problem)));
}

}  // namespace

std::uint64_t memory_installed() {
  const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || page_bytes <= 0) return 0;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
}

std::uint64_t memory_available() {
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  std::uint64_t kib = 0;
  for (std::string line; std::getline(meminfo, line);) {
    std::istringstream words(line);
    if (words >> name >> kib && name == "MemAvailable:") return kib * 1024;
  }
  return 0;
}

std::vector<std::string> vector_extensions() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word != "flags" && word != "Features") continue;
    std::vector<std::string> found;
    while (words >> word) {
      if (std::ranges::find(kUsefulExtensions, word) != kUsefulExtensions.end())
        found.push_back(word);
    }
    return found;
  }
  return {};
}

Status probe_listen(std::string_view listen) {
  TRY(const ListenAddress address, parse_listen_address(listen));
  const std::string port = std::to_string(address.port);
  const char* host = address.host.empty() ? nullptr : address.host.c_str();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int problem = getaddrinfo(host, port.c_str(), &hints, &found); problem != 0) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("cannot listen on {}: {}", listen, gai_strerror(problem)));
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  return bind_once(*list, listen);
}

}  // namespace diptych
