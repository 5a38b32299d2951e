#include "jobs/pictures/picture_checkpoint.h"

#include <utility>

#include "base/json.h"

namespace diptych {
namespace {

constexpr std::string_view kMagic = "diptych picture 1\n";

std::unexpected<Error> broken() {
  return fail(ErrorCode::kInvalidArgument, "a broken checkpoint of a picture job");
}

Json output_json(const JobOutput& output) {
  return Json::object({{"blob", output.blob},
                       {"content_type", output.content_type},
                       {"size_bytes", output.size_bytes},
                       {"metadata", output.metadata}});
}

Result<JobOutput> read_output(const Json& json) {
  const Json &blob = json["blob"], &type = json["content_type"], &size = json["size_bytes"],
             &metadata = json["metadata"];
  if (!blob.is_string() || !type.is_string() || !size.is_int() || !metadata.is_string())
    return broken();
  return JobOutput{.blob = blob.as_string(),
                   .content_type = type.as_string(),
                   .size_bytes = static_cast<std::uint64_t>(size.as_int()),
                   .metadata = metadata.as_string()};
}

}  // namespace

// Magic, a line of JSON, the record.
std::string encode_checkpoint(std::string_view fingerprint, std::span<const JobOutput> outputs,
                              const DrawRecord& record) {
  Json::Array files;
  for (const JobOutput& output : outputs) files.push_back(output_json(output));
  std::string bytes(kMagic);
  bytes += dump_json(Json::object({{"fingerprint", fingerprint}, {"outputs", std::move(files)}}));
  bytes += '\n';
  record.append_to(bytes);
  return bytes;
}

Result<PictureCheckpoint> decode_checkpoint(std::string_view bytes, std::uint64_t bytes_max) {
  if (!bytes.starts_with(kMagic)) return broken();
  bytes.remove_prefix(kMagic.size());
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return broken();
  TRY(const Json json, parse_json(bytes.substr(0, end)));
  if (!json["fingerprint"].is_string() || !json["outputs"].is_array()) return broken();
  PictureCheckpoint checkpoint{.fingerprint = json["fingerprint"].as_string()};
  for (const Json& one : json["outputs"].as_array()) {
    TRY(JobOutput output, read_output(one));
    checkpoint.outputs.push_back(std::move(output));
  }
  TRY(checkpoint.record, DrawRecord::decode(bytes.substr(end + 1), bytes_max));
  return checkpoint;
}

}  // namespace diptych
