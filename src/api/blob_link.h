#pragma once
// Links to files of this server that need no key, for a while: a path that carries its own end and
// a signature.

#include <string>
#include <string_view>

#include "api/call.h"
#include "api/services.h"
#include "base/error.h"

namespace diptych {

inline constexpr Duration kBlobLinkLifetime = std::chrono::minutes(60);  // as OpenAI's picture URLs

// "http://host/api/v1/blobs/HASH/links/END-SIGNATURE".
std::string blob_link(std::string_view hash, std::string_view base_url, Services& services);
// What such links begin with: the configured address, else what the caller used itself.
std::string base_url_of(const Call& call, const Services& services);

// kNotFound when the link is not ours, was changed or is over: as if there were no such file.
Status check_blob_link(std::string_view hash, std::string_view link, Services& services);

}  // namespace diptych
