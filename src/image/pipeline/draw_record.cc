#include "image/pipeline/draw_record.h"

#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "base/json.h"

namespace diptych {
namespace {

static_assert(std::endian::native == std::endian::little, "answers are kept as they lie in memory");

constexpr std::size_t kHeadBytes = sizeof(std::uint64_t);  // the header's length

std::uint64_t bytes_of(const Tensor& tensor) { return tensor.size() * sizeof(float); }

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, "a broken record of a drawing: " + std::string(what));
}

Json shape_json(const Shape& shape) {
  Json::Array sizes;
  for (const std::int64_t size : shape.sizes()) sizes.emplace_back(size);
  return sizes;
}

// At most as many elements as `bytes` hold, so that a wrong number allocates nothing.
std::optional<Shape> read_shape(const Json& json, std::uint64_t bytes) {
  if (!json.is_array() || json.as_array().size() != 4) return std::nullopt;
  std::vector<std::int64_t> sizes;
  std::uint64_t left = bytes / sizeof(float);
  for (const Json& size : json.as_array()) {
    if (!size.is_int() || size.as_int() < 1 || std::cmp_greater(size.as_int(), left))
      return std::nullopt;
    left /= static_cast<std::uint64_t>(size.as_int());
    sizes.push_back(size.as_int());
  }
  return Shape(sizes);
}

std::optional<Warning> read_warning(const Json& json) {
  if (!json["param"].is_string() || !json["message"].is_string()) return std::nullopt;
  return Warning{json["param"].as_string(), json["message"].as_string()};
}

Result<Json> read_header(std::string_view& bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < kHeadBytes) return broken("it is too short");
  std::memcpy(&length, bytes.data(), kHeadBytes);
  bytes.remove_prefix(kHeadBytes);
  if (length > bytes.size()) return broken("its header is cut off");
  TRY(Json header, parse_json(bytes.substr(0, length)));
  bytes.remove_prefix(length);
  const Json& first = header["first_picture"];
  if (!first.is_int() || !std::in_range<int>(first.as_int()) || first.as_int() < 0 ||
      !header["warnings"].is_array() || !header["shapes"].is_array())
    return broken("its header lacks a member");
  return header;
}

}  // namespace

std::uint64_t DrawRecord::answer_bytes() const {
  std::uint64_t sum = 0;
  for (const Tensor& answer : answers_) sum += bytes_of(answer);
  return sum;
}

void DrawRecord::begin_batch(int picture) {
  next_ = 0;
  was_kept_ = false;
  if (picture == first_picture_) return;
  first_picture_ = picture;
  answers_.clear();
  full_ = false;
}

void DrawRecord::finish_batch(int next_picture, const Warnings& warnings) {
  begin_batch(next_picture);
  warnings_ = warnings;
}

Result<Tensor> DrawRecord::answer(const Shape& shape,
                                  const std::function<Result<Tensor>()>& evaluate) {
  was_kept_ = next_ < answers_.size();
  if (was_kept_) {
    const Tensor& kept = answers_[next_++];
    if (kept.shape == shape) return kept;
    return fail(ErrorCode::kConflict,
                "the record is of another drawing: it holds " + kept.shape.to_string() + " where " +
                    shape.to_string() + " is wanted",
                {}, std::string(kRecordMismatch));
  }
  TRY(Tensor answer, evaluate());
  full_ = full_ || answer_bytes() + bytes_of(answer) > bytes_max_;
  if (!full_) {
    answers_.push_back(answer);
    ++next_;
  }
  return answer;
}

void DrawRecord::append_to(std::string& bytes) const {
  Json::Array shapes, warnings;
  for (const Tensor& answer : answers_) shapes.push_back(shape_json(answer.shape));
  for (const Warning& warning : warnings_)
    warnings.push_back(Json::object({{"param", warning.param}, {"message", warning.message}}));
  const std::string header = dump_json(Json::object({{"first_picture", first_picture_},
                                                     {"warnings", std::move(warnings)},
                                                     {"shapes", std::move(shapes)}}));
  const std::uint64_t length = header.size();
  bytes.reserve(bytes.size() + kHeadBytes + header.size() + answer_bytes());
  const auto append = [&bytes](std::span<const std::byte> part) {
    bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
  };
  append(std::as_bytes(std::span(&length, 1)));
  bytes += header;
  for (const Tensor& answer : answers_) append(std::as_bytes(std::span(answer.values)));
}

Result<DrawRecord> DrawRecord::decode(std::string_view bytes, std::uint64_t bytes_max) {
  TRY(const Json header, read_header(bytes));
  DrawRecord record(bytes_max);
  record.first_picture_ = static_cast<int>(header["first_picture"].as_int());
  for (const Json& one : header["warnings"].as_array()) {
    const auto warning = read_warning(one);
    if (!warning) return broken("a warning is not one");
    record.warnings_.push_back(*warning);
  }
  for (const Json& one : header["shapes"].as_array()) {
    const auto shape = read_shape(one, bytes.size());
    if (!shape) return broken("an answer is cut off");
    Tensor answer(*shape);
    std::memcpy(answer.values.data(), bytes.data(), bytes_of(answer));
    bytes.remove_prefix(bytes_of(answer));
    record.answers_.push_back(std::move(answer));
  }
  if (!bytes.empty()) return broken("bytes are left over");
  return record;
}

}  // namespace diptych
