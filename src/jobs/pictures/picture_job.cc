#include "jobs/pictures/picture_job.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/json.h"
#include "jobs/pictures/picture_job_members.h"

namespace diptych {
namespace {

template <class Enum>
struct NamedValue {
  Enum value;
  std::string_view name;
};

std::vector<NamedValue<ResizeMode>> names_of(ResizeMode /*kind*/) {
  return {{ResizeMode::kStretch, "stretch"},
          {ResizeMode::kCrop, "crop"},
          {ResizeMode::kFill, "fill"},
          {ResizeMode::kLatent, "latent"}};
}
std::vector<NamedValue<MaskedContent>> names_of(MaskedContent /*kind*/) {
  return {{MaskedContent::kFill, "fill"},
          {MaskedContent::kOriginal, "original"},
          {MaskedContent::kLatentNoise, "latent_noise"},
          {MaskedContent::kLatentNothing, "latent_nothing"}};
}
std::vector<NamedValue<PictureFormat>> names_of(PictureFormat /*kind*/) {
  std::vector<NamedValue<PictureFormat>> names;
  for (const auto format : {PictureFormat::kPng, PictureFormat::kJpeg, PictureFormat::kWebp})
    names.push_back({format, name_of(format)});
  return names;
}
std::vector<NamedValue<AttentionSyntax>> names_of(AttentionSyntax /*kind*/) {
  std::vector<NamedValue<AttentionSyntax>> names;
  for (const AttentionRow& row : attention_rows()) names.push_back({row.syntax, row.name});
  return names;
}
std::vector<NamedValue<EmphasisMode>> names_of(EmphasisMode /*kind*/) {
  std::vector<NamedValue<EmphasisMode>> names;
  for (const EmphasisRow& row : emphasis_rows()) names.push_back({row.mode, row.name});
  return names;
}

template <class T>
concept Named = std::is_enum_v<T>;
template <class T>
concept Compound = std::is_class_v<T> && std::is_aggregate_v<T>;

struct Writer {
  Json object = Json::object();

  template <class T>
  void operator()(std::string_view name, const T& value) {
    object.set(name, json_of(value));
  }

  template <class T>
  static Json json_of(const T& value) {
    return Json(value);
  }
  template <Named T>
  static Json json_of(const T& value) {
    const auto names = names_of(value);
    return Json(std::ranges::find(names, value, &NamedValue<T>::value)->name);
  }
  template <Compound T>
  static Json json_of(const T& value) {
    Writer writer;
    visit_members(writer, value);
    return std::move(writer.object);
  }
  static Json json_of(const RandomSource& value) { return Json(name_of(value)); }
  template <class T>
  static Json json_of(const std::optional<T>& value) {
    return value ? json_of(*value) : Json();
  }
};

// Reads one object; the first thing wrong ends it.
class Reader {
 public:
  Reader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {}

  template <class T>
  void operator()(std::string_view name, T& value) {
    known_.push_back(name);
    const Json* const given = object_.find(name);
    if (given == nullptr || !status_) return;
    status_ = read(*given, path_of(name), value);
  }

  Status finish() const {
    TRY_STATUS(status_);
    for (const Json::Member& member : object_.as_object())
      if (std::ranges::find(known_, member.name) == known_.end())
        return wrong(path_of(member.name), "is not known");
    return {};
  }

 private:
  static std::unexpected<Error> wrong(const std::string& field, std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} {}", field, what), field);
  }
  static std::unexpected<Error> wrong_kind(const std::string& field, const Json& given,
                                           std::string_view wanted) {
    return wrong(field, fmt::format("is {}; it must be {}", given.kind(), wanted));
  }
  std::string path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
  }

  static Status read(const Json& given, const std::string& field, std::string& value) {
    if (!given.is_string()) return wrong_kind(field, given, "a string");
    value = given.as_string();
    return {};
  }
  static Status read(const Json& given, const std::string& field, bool& value) {
    if (!given.is_bool()) return wrong_kind(field, given, "true or false");
    value = given.as_bool();
    return {};
  }
  static Status read(const Json& given, const std::string& field, double& value) {
    if (!given.is_number()) return wrong_kind(field, given, "a number");
    value = given.as_double();
    return {};
  }
  template <std::signed_integral T>
  static Status read(const Json& given, const std::string& field, T& value) {
    if (!given.is_int()) return wrong_kind(field, given, "an integer");
    if (!std::in_range<T>(given.as_int()))
      return wrong(field,
                   fmt::format("is {}; it must be from {} to {}", given.as_int(),
                               std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    value = static_cast<T>(given.as_int());
    return {};
  }
  template <Named T>
  static Status read(const Json& given, const std::string& field, T& value) {
    const auto names = names_of(value);
    if (!given.is_string()) return wrong_kind(field, given, "a string");
    const auto found = std::ranges::find(names, given.as_string(), &NamedValue<T>::name);
    if (found == names.end()) {
      std::vector<std::string_view> there;
      for (const auto& named : names) there.push_back(named.name);
      return wrong(field, fmt::format("is '{}'; it must be one of {}", given.as_string(),
                                      fmt::join(there, ", ")));
    }
    value = found->value;
    return {};
  }
  static Status read(const Json& given, const std::string& field, RandomSource& value) {
    if (!given.is_string()) return wrong_kind(field, given, "a string");
    auto source = parse_random_source(given.as_string());
    if (!source) return wrong(field, "is wrong: " + source.error().message);
    value = *source;
    return {};
  }
  template <Compound T>
  static Status read(const Json& given, const std::string& field, T& value) {
    if (!given.is_object()) return wrong_kind(field, given, "an object");
    Reader reader(given, field);
    visit_members(reader, value);
    return reader.finish();
  }
  template <class T>
  static Status read(const Json& given, const std::string& field, std::optional<T>& value) {
    if (given.is_null()) {
      value.reset();
      return {};
    }
    return read(given, field, value.emplace());
  }

  const Json& object_;
  const std::string path_;
  std::vector<std::string_view> known_;
  Status status_;
};

Status check_range(std::string_view field, int value, int low, int high) {
  if (value >= low && value <= high) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is {}; it must be from {} to {}", field, value, low, high),
              std::string(field));
}

}  // namespace

std::string dump_picture_job(const PictureJob& job) { return dump_json(Writer::json_of(job)); }

Result<PictureJob> parse_picture_job(std::string_view text) {
  TRY(const Json json, parse_json(text));
  if (!json.is_object())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a picture job is {}; it must be an object", json.kind()));
  PictureJob job;
  Reader reader(json, "");
  visit_members(reader, job);
  TRY_STATUS(reader.finish());
  TRY_STATUS(check_range("quality", job.quality, 1, 100));
  TRY_STATUS(check_range("preview_every", job.preview_every, 0, 1000));
  return job;
}

}  // namespace diptych
