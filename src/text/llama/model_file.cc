// What a GGUF file says about itself, without loading weights.

#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>

#include <array>
#include <fstream>
#include <map>
#include <memory>

#include "text/llama/load_model.h"
#include "text/weights/layout_table.h"

namespace diptych {
namespace {

struct GgufDeleter {
  void operator()(gguf_context* file) const { gguf_free(file); }
};
using GgufPtr = std::unique_ptr<gguf_context, GgufDeleter>;

std::string text_of(const gguf_context* file, const std::string& key) {
  const std::int64_t id = gguf_find_key(file, key.c_str());
  return id >= 0 && gguf_get_kv_type(file, id) == GGUF_TYPE_STRING ? gguf_get_val_str(file, id)
                                                                   : "";
}

int integer_of(const gguf_context* file, const std::string& key) {
  const std::int64_t id = gguf_find_key(file, key.c_str());
  return id >= 0 && gguf_get_kv_type(file, id) == GGUF_TYPE_UINT32
             ? static_cast<int>(gguf_get_val_u32(file, id))
             : 0;
}

// The type that holds most of the bytes names the file's quantisation.
std::string quantization_of(const gguf_context* file) {
  std::map<ggml_type, std::size_t> bytes;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(file); ++i) {
    bytes[gguf_get_tensor_type(file, i)] += gguf_get_tensor_size(file, i);
  }
  std::pair<ggml_type, std::size_t> most{GGML_TYPE_F32, 0};
  for (const auto& entry : bytes)
    if (entry.second > most.second) most = entry;
  std::string name = ggml_type_name(most.first);
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::uint64_t parameter_count_of(const gguf_context* file) {
  std::uint64_t count = 0;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(file); ++i) {
    const ggml_type type = gguf_get_tensor_type(file, i);
    count += gguf_get_tensor_size(file, i) / ggml_type_size(type) *
             static_cast<std::uint64_t>(ggml_blck_size(type));
  }
  return count;
}

bool is_vector(std::string_view name) {
  return name.ends_with(".bias") || name.find("norm") != std::string_view::npos ||
         name.starts_with("rope_");
}

bool all_matrices_packed(const gguf_context* file) {
  for (std::int64_t i = 0; i < gguf_get_n_tensors(file); ++i) {
    if (is_vector(gguf_get_tensor_name(file, i))) continue;
    const weights::LayoutRow* row =
        weights::find_layout(ggml_type_name(gguf_get_tensor_type(file, i)));
    if (row == nullptr || row->exactness != weights::Exactness::kExact) return false;
  }
  return true;
}

Status check_magic(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(ErrorCode::kNotFound, fmt::format("{}: cannot be opened", path.string()), "path");
  std::array<char, 4> magic{};
  file.read(magic.data(), magic.size());
  if (std::string_view(magic.data(), magic.size()) == "GGUF") return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("{} is not a GGUF file", path.string()),
              "path");
}

}  // namespace

Result<ModelFacts> read_model_facts(const Path& path) {
  TRY_STATUS(check_magic(path));
  const GgufPtr file(gguf_init_from_file(path.c_str(), {true, nullptr}));
  if (!file)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: the GGUF header is damaged", path.string()), "path");
  ModelFacts facts;
  facts.architecture = text_of(file.get(), "general.architecture");
  facts.name = text_of(file.get(), "general.name");
  facts.quantization = quantization_of(file.get());
  facts.context_length = integer_of(file.get(), facts.architecture + ".context_length");
  facts.embedding_length = integer_of(file.get(), facts.architecture + ".embedding_length");
  const std::int64_t tokens = gguf_find_key(file.get(), "tokenizer.ggml.tokens");
  facts.vocabulary_size = tokens >= 0 ? static_cast<int>(gguf_get_arr_n(file.get(), tokens)) : 0;
  facts.has_chat_template = gguf_find_key(file.get(), "tokenizer.chat_template") >= 0;
  facts.all_matrices_packed = all_matrices_packed(file.get());
  facts.parameter_count = parameter_count_of(file.get());
  TRY(facts.file_bytes, size_of_file(path));
  return facts;
}

}  // namespace diptych
