#pragma once
// Weights spread over several safetensors files, listed by `….safetensors.index.json`:
// {"metadata": {"total_size": …}, "weight_map": {tensor: file}}.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "formats/weight_view.h"

namespace diptych {

// Tensor → file name. Errors: a file name that is more than a name inside the index's folder.
Result<std::map<std::string, std::string>> parse_shard_index(std::string_view text);

struct ShardedWeights {
  SharedWeights weights;
  std::vector<Path> files;
};
// Each file is opened once. Errors: a listed tensor that its file lacks, a tensor that no line
// lists.
Result<ShardedWeights> open_shards(const Path& index);

// "model-00001-of-00002.safetensors": no separator, no "..", nothing a path could climb with.
bool is_plain_file_name(std::string_view name);

}  // namespace diptych
