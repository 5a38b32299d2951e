#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "store/store.h"

namespace diptych::sqlite {

inline std::unique_ptr<SqliteStore> open_or_die(const Path& file) {
  auto store = make_sqlite_store(file, system_clock());
  if (!store) {
    ADD_FAILURE() << store.error().message;
    std::abort();
  }
  return *std::move(store);
}

}  // namespace diptych::sqlite
