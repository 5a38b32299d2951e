// The only file that knows Boost.JSON: its push parser feeds our own values.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/json.h"

namespace diptych {
namespace {

using BoostError = boost::json::error_code;

// Builds values on a stack: when an array or object of n items ends, its items are the last n
// values.
class Builder {
 public:
  explicit Builder(std::size_t values_max) : values_left_(values_max) {}

  // Boost.JSON asks for these limits; ours are the text's size and the depth.
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  bool on_document_begin(BoostError&) { return true; }
  bool on_document_end(BoostError&) { return true; }
  bool on_comment_part(boost::json::string_view, BoostError&) { return true; }
  bool on_comment(boost::json::string_view, BoostError&) { return true; }

  bool on_array_begin(BoostError&) { return true; }
  bool on_array_end(std::size_t count, BoostError& error) {
    const auto first = values_.end() - static_cast<std::ptrdiff_t>(count);
    Json::Array items(std::make_move_iterator(first), std::make_move_iterator(values_.end()));
    values_.erase(first, values_.end());
    return push(error, std::move(items));
  }

  bool on_object_begin(BoostError&) { return true; }
  bool on_object_end(std::size_t count, BoostError& error) {
    Json::Object members;
    members.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      members.push_back({std::move(names_[names_.size() - count + i]),
                         std::move(values_[values_.size() - count + i])});
    }
    names_.resize(names_.size() - count);
    values_.resize(values_.size() - count);
    if (has_duplicate(members))
      return refuse(error, fmt::format("the name {:?} twice in one object", duplicate_));
    return push(error, std::move(members));
  }

  bool on_key_part(boost::json::string_view part, std::size_t, BoostError&) { return append(part); }
  bool on_key(boost::json::string_view part, std::size_t, BoostError&) {
    append(part);
    names_.push_back(std::move(text_));
    text_.clear();
    return true;
  }
  bool on_string_part(boost::json::string_view part, std::size_t, BoostError&) {
    return append(part);
  }
  bool on_string(boost::json::string_view part, std::size_t, BoostError& error) {
    append(part);
    const bool kept = push(error, std::move(text_));
    text_.clear();
    return kept;
  }

  bool on_number_part(boost::json::string_view part, BoostError&) { return append(part); }
  bool on_int64(std::int64_t value, boost::json::string_view, BoostError& error) {
    text_.clear();
    return push(error, value);
  }
  bool on_uint64(std::uint64_t value, boost::json::string_view, BoostError& error) {
    text_.clear();
    return push(error, value);
  }
  // Boost 1.81's own conversion may be off by one unit in the last place, so the number is read
  // again, exactly.
  bool on_double(double approximate, boost::json::string_view part, BoostError& error) {
    append(part);
    double value = 0;
    const auto end = text_.data() + text_.size();
    if (std::from_chars(text_.data(), end, value).ec == std::errc::result_out_of_range) {
      if (!(std::abs(approximate) < 1))
        return refuse(error, "a number beyond the range of a double");
      value = approximate;  // too small: denormal or zero
    }
    text_.clear();
    return push(error, value);
  }

  bool on_bool(bool value, BoostError& error) { return push(error, value); }
  bool on_null(BoostError& error) { return push(error); }

  Json take() {
    CHECK(values_.size() == 1);
    return std::move(values_.front());
  }
  const std::string& reason() const { return reason_; }  // "" unless the refusal was ours

 private:
  bool append(boost::json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }

  template <class... Value>
  bool push(BoostError& error, Value&&... value) {
    if (values_left_ == 0) return refuse(error, "more values than are allowed");
    --values_left_;
    values_.emplace_back(std::forward<Value>(value)...);
    return true;
  }

  bool refuse(BoostError& error, std::string reason) {
    reason_ = std::move(reason);
    error = boost::json::error::syntax;
    return false;
  }

  bool has_duplicate(const Json::Object& members) {
    scratch_.clear();
    for (const Json::Member& member : members) scratch_.push_back(member.name);
    std::ranges::sort(scratch_);
    const auto twin = std::ranges::adjacent_find(scratch_);
    if (twin == scratch_.end()) return false;
    duplicate_ = *twin;
    return true;
  }

  std::size_t values_left_;
  std::vector<Json> values_;
  std::vector<std::string> names_;
  std::vector<std::string_view> scratch_;
  std::string text_;  // of the string or number being read
  std::string duplicate_;
  std::string reason_;
};

std::string describe(const BoostError& code, std::size_t depth_max) {
  using boost::json::error;
  if (code == error::too_deep) return fmt::format("nesting deeper than {}", depth_max);
  return code.message();
}

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("invalid JSON: {} bytes; the limit is {}",
                                                         text.size(), limits.bytes_max));
  }
  boost::json::parse_options options;
  options.max_depth = limits.depth_max;
  boost::json::basic_parser<Builder> parser(options, limits.values_max);
  BoostError error;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), error);
  if (error) {
    const std::string& ours = parser.handler().reason();
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("invalid JSON: {} at byte {}",
                            ours.empty() ? describe(error, limits.depth_max) : ours, consumed));
  }
  if (consumed != text.size()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("invalid JSON: text after the end at byte {}", consumed));
  }
  return parser.handler().take();
}

}  // namespace diptych
