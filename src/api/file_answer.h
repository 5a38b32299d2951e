#pragma once
// Files as answers. Their bytes never change under one name, so callers may keep them.

#include <string>
#include <string_view>

#include "api/call.h"

namespace diptych {

// `tag`: what the bytes are known by (a hash). 304 without a body when the caller has them already.
Answer file_answer(const Call& call, std::string_view tag, std::string bytes,
                   std::string_view content_type);

// By the first bytes: a picture's type, else application/octet-stream.
std::string_view content_type_of(std::string_view bytes);

// The browser saves it under this name, which is plain ASCII without quotes.
void offer_as_download(Answer& answer, std::string_view file_name);

}  // namespace diptych
