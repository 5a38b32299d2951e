#pragma once
// The tables, as numbered steps. A released step never changes; a new stored field is one more step
// at the end.

#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "store/sqlite/connection.h"

namespace diptych::sqlite {

struct Migration {
  std::string_view name;
  const char* sql;
};

std::span<const Migration> migrations();

// Brings the file to the newest step, each step in a transaction of its own; PRAGMA user_version
// counts them. kUnsupported: the file was written by a newer version.
Status migrate(Connection& connection, std::span<const Migration> steps, const Clock& clock);

}  // namespace diptych::sqlite
