#include "api/blob_link.h"

#include <fmt/format.h>

#include <charconv>

#include "base/hash.h"

namespace diptych {
namespace {

// Hashed twice around the secret, so that a known signature cannot be continued to another's.
std::string signature_of(std::string_view hash, std::int64_t end, std::string_view secret) {
  const std::string inner = to_hex(sha256(fmt::format("{}:{}:{}", secret, hash, end)));
  return to_hex(sha256(fmt::format("{}:{}", secret, inner))).substr(0, 32);
}

}  // namespace

std::string base_url_of(const Call& call, const Services& services) {
  std::string url = services.limits.public_url;
  while (url.ends_with('/')) url.pop_back();
  if (!url.empty()) return url;
  return fmt::format("{}://{}", call.header("x-forwarded-proto") == "https" ? "https" : "http",
                     call.header("host"));
}

std::string blob_link(std::string_view hash, std::string_view base_url, Services& services) {
  const std::int64_t end =
      services.clock.unix_seconds() +
      std::chrono::duration_cast<std::chrono::seconds>(kBlobLinkLifetime).count();
  return fmt::format("{}/api/v1/blobs/{}/links/{}-{}", base_url, hash, end,
                     signature_of(hash, end, services.pictures->link_secret));
}

Status check_blob_link(std::string_view hash, std::string_view link, Services& services) {
  TRY(PictureServices * pictures, get_pictures(services));
  std::int64_t end = 0;
  const char* const last = link.data() + link.size();
  const auto [at, error] = std::from_chars(link.data(), last, end);
  const bool well_formed = error == std::errc{} && at != last && *at == '-';
  const std::string_view signature = well_formed ? std::string_view(at + 1, last) : "";
  if (!well_formed || pictures->link_secret.empty() ||
      !equal_in_constant_time(signature, signature_of(hash, end, pictures->link_secret)) ||
      end < services.clock.unix_seconds())
    return fail(ErrorCode::kNotFound, "There is no such link, or it is over.");
  return {};
}

}  // namespace diptych
