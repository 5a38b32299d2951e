#pragma once
// Which models there are, and which are in memory. Listing never loads a weight.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"

namespace diptych {

class TextModel;

enum class ModelKind : std::uint8_t { kText, kImage };

struct ModelEntry {
  std::string id;
  ModelKind kind = ModelKind::kText;
  Path path;
  std::int64_t created = 0;  // unix seconds
  std::uint64_t size_bytes = 0;
  std::string owned_by = "diptych";
  bool loaded = false;
};

class ModelRegistry {  // safe from any thread
 public:
  virtual ~ModelRegistry() = default;
  virtual std::vector<ModelEntry> list() const = 0;
  virtual Result<ModelEntry> find(std::string_view id) const = 0;  // kNotFound
  // The loaded model; starts loading on first use and waits up to `wait`. kNotFound; kOverloaded
  // with detail "model_loading" and retry_after_ms when the wait is over; or why it cannot be
  // loaded.
  virtual Result<std::shared_ptr<TextModel>> text_model(std::string_view id, Duration wait) = 0;
  // The model if it is in memory, else nullptr. Only a look: it does not count as a use.
  virtual std::shared_ptr<TextModel> loaded_text_model(std::string_view id) const = 0;
  virtual std::string_view default_text_model() const = 0;  // "" if there is none
};

}  // namespace diptych
