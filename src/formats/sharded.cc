#include "formats/sharded.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "formats/config_json.h"
#include "formats/safetensors.h"

namespace diptych {
namespace {

constexpr std::size_t kIndexBytesMax = std::size_t{32} << 20;
constexpr std::size_t kShardsMax = 1000;

using Shards = std::map<std::string, std::shared_ptr<const SafetensorsFile>>;

Result<Shards> open_files(const Path& folder, const std::map<std::string, std::string>& map) {
  Shards shards;
  for (const auto& [tensor, file] : map) {
    if (shards.contains(file)) continue;
    if (shards.size() == kShardsMax) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("more than {} files", kShardsMax));
    }
    TRY(auto opened, SafetensorsFile::open(folder / file));
    shards.emplace(file, std::move(opened));
  }
  return shards;
}

Status check_listed(const Shards& shards, const std::map<std::string, std::string>& map) {
  for (const auto& [file, shard] : shards) {
    for (const WeightInfo& info : shard->index()) {
      const auto line = map.find(info.name);
      if (line != map.end() && line->second == file) continue;
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} holds tensor \"{}\", which the index {}", file, info.name,
                              line == map.end() ? "does not list" : "lists elsewhere"));
    }
  }
  return {};
}

Result<ShardedWeights> join(const Path& folder, const std::map<std::string, std::string>& map) {
  TRY(const Shards shards, open_files(folder, map));
  TRY_STATUS(check_listed(shards, map));
  WeightViewBuilder builder;
  for (const auto& [tensor, file] : map) {
    const auto& shard = shards.at(file);
    const auto id = shard->find(tensor);
    if (!id) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("tensor \"{}\" is not in {}", tensor, file));
    }
    builder.add(tensor, {shard, *id});
  }
  ShardedWeights sharded;
  TRY(sharded.weights, std::move(builder).finish());
  for (const auto& [file, shard] : shards) sharded.files.push_back(folder / file);
  return sharded;
}

}  // namespace

bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

Result<std::map<std::string, std::string>> parse_shard_index(std::string_view text) {
  TRY(const Json json, parse_config_json(text));
  const Json& map = json["weight_map"];
  if (!map.is_object()) return fail(ErrorCode::kInvalidArgument, "no object \"weight_map\"");
  std::map<std::string, std::string> files;
  for (const auto& [tensor, file] : map.as_object()) {
    if (!file.is_string() || !is_plain_file_name(file.as_string()) ||
        !file.as_string().ends_with(".safetensors")) {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("weight_map \"{}\": not the name of a safetensors file beside the index",
                      tensor));
    }
    files.emplace(tensor, file.as_string());
  }
  return files;
}

Result<ShardedWeights> open_shards(const Path& index) {
  TRY(const std::string text, read_file(index, kIndexBytesMax));
  const auto joined = [&]() -> Result<ShardedWeights> {
    TRY(const auto map, parse_shard_index(text));
    return join(index.parent_path(), map);
  };
  auto sharded = joined();
  if (sharded) return sharded;
  Error error = std::move(sharded).error();
  error.message = fmt::format("{}: {}", index.string(), error.message);
  return fail(std::move(error));
}

}  // namespace diptych
