#pragma once
// /api/v1/blobs: files by the SHA-256 of their bytes. Who knows a hash may read the file: it cannot
// be guessed, and is told to those only who may see what it belongs to.

#include <span>

#include "api/route.h"

namespace diptych {

std::span<const Route> blob_routes();

}  // namespace diptych
