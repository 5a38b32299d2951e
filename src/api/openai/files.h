#pragma once
// /v1/files: finished pictures as files, for clients that know OpenAI's interface only.

#include <span>

#include "api/route.h"

namespace diptych::openai {

std::span<const Route> files_routes();

}  // namespace diptych::openai
