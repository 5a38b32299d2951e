#include "image/prompt/network_tags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "image/prompt/characters.h"
#include "image/prompt/limits.h"
#include "image/prompt/warnings.h"

namespace diptych {
namespace {

struct KindRow {
  std::string_view name;
  NetworkKind kind;
};
constexpr std::array kKinds = {
    KindRow{"lora", NetworkKind::kLora}, KindRow{"lyco", NetworkKind::kLora},
    KindRow{"hypernet", NetworkKind::kHypernetwork}, KindRow{"style", NetworkKind::kStyle}};

// A tag as written: <kind:arguments>.
struct WrittenTag {
  std::string_view kind, arguments, whole;
};

std::optional<WrittenTag> find_tag(std::string_view text, std::size_t from) {
  for (auto open = text.find('<', from); open != std::string_view::npos;
       open = text.find('<', open + 1)) {
    std::size_t at = open + 1;
    for (auto c = character_at(text, at); c.length > 0 && is_word_character(c.code);
         c = character_at(text, at)) {
      at += c.length;
    }
    if (at == open + 1 || at >= text.size() || text[at] != ':') continue;
    const auto close = text.find('>', at);
    if (close == std::string_view::npos) return std::nullopt;
    if (close == at + 1) continue;
    return WrittenTag{.kind = text.substr(open + 1, at - open - 1),
                      .arguments = text.substr(at + 1, close - at - 1),
                      .whole = text.substr(open, close + 1 - open)};
  }
  return std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    parts.push_back(trim(text.substr(0, end)));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

class TagReader {
 public:
  TagReader(const WrittenTag& written, std::string_view param) : written_(written), param_(param) {}

  Result<NetworkTag> read(NetworkKind kind, double default_weight, Warnings& warnings) {
    const auto arguments = split(written_.arguments, ":");
    tag_.kind = kind;
    tag_.name = arguments[0];
    if (tag_.name.empty()) return refuse("no name");
    tag_.text_encoder = tag_.unet = default_weight;
    std::size_t position = 0;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      const auto equals = arguments[i].find('=');
      if (equals == std::string_view::npos) {
        TRY_STATUS(set_positional(position++, arguments[i], warnings));
      } else {
        TRY_STATUS(set_named(trim(arguments[i].substr(0, equals)),
                             trim(arguments[i].substr(equals + 1)), warnings));
      }
    }
    return std::move(tag_);
  }

 private:
  Status set_positional(std::size_t position, std::string_view value, Warnings& warnings) {
    switch (position) {
      case 0: {
        TRY(tag_.text_encoder, weight(value));
        tag_.unet = tag_.text_encoder;
        return {};
      }
      case 1:
        return set(tag_.unet, value);
      case 2:
        return set_rank(value);
      default:
        add_warning(warnings, ignored(value));
        return {};
    }
  }

  Status set_named(std::string_view key, std::string_view value, Warnings& warnings) {
    if (key == "te") return set(tag_.text_encoder, value);
    if (key == "unet") return set(tag_.unet, value);
    if (key == "dyn") return set_rank(value);
    if (key == "in") return set(tag_.in, value);
    if (key == "mid") return set(tag_.middle, value);
    if (key == "out") return set(tag_.out, value);
    if (key == "high") return set(tag_.high, value);
    if (key == "low") return set(tag_.low, value);
    if (key == "module") {
      tag_.module = value;
      return {};
    }
    add_warning(warnings, ignored(key));
    return {};
  }

  template <class Target>
  Status set(Target& target, std::string_view value) {
    TRY(target, weight(value));
    return {};
  }

  Status set_rank(std::string_view value) {
    int rank = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rank);
    if (error != std::errc{} || end != value.data() + value.size() || rank < 0) {
      return refuse(fmt::format("'{}' is not a rank", value.substr(0, 40)));
    }
    if (rank > 0) tag_.dynamic_rank = rank;
    return {};
  }

  Result<StepWeight> weight(std::string_view value) {
    if (auto parsed = StepWeight::parse(value)) return *std::move(parsed);
    return refuse(fmt::format("'{}' is not a weight", value.substr(0, 40)));
  }

  std::unexpected<Error> refuse(std::string_view what) const {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} in {}", what, written_.whole.substr(0, 100)), std::string(param_));
  }

  Warning ignored(std::string_view what) const {
    return {std::string(param_), fmt::format("'{}' in {} has no meaning and is ignored",
                                             what.substr(0, 40), written_.whole.substr(0, 100))};
  }

  const WrittenTag& written_;
  std::string_view param_;
  NetworkTag tag_;
};

}  // namespace

std::string_view name_of(NetworkKind kind) {
  return std::ranges::find(kKinds, kind, &KindRow::kind)->name;
}

std::optional<StepWeight> StepWeight::parse(std::string_view text) {
  StepWeight result;
  result.points_.clear();
  for (const std::string_view part : split(text, ",;")) {
    const auto mark = part.find_first_of("@~");
    const auto weight = parse_decimal(trim(part.substr(0, mark)));
    std::optional<double> position = 1;
    if (mark != std::string_view::npos) position = parse_decimal(trim(part.substr(mark + 1)));
    if (!weight || !position || *position < 0) return std::nullopt;
    if (std::abs(*weight) > kPromptWeightMax) return std::nullopt;
    result.points_.push_back({*position, *weight});
  }
  std::ranges::stable_sort(result.points_, {}, &Point::position);
  if (result.points_.size() == 1) return StepWeight(result.points_[0].weight);
  return result;
}

double StepWeight::at(int step, int step_count) const {
  const bool fractions = points_.back().position <= 1;
  const double last = std::max(step_count - 1, 1);
  const double position = fractions ? (step - 1) / last : step;
  const auto after = std::ranges::upper_bound(points_, position, {}, &Point::position);
  if (after == points_.begin()) return points_.front().weight;
  const Point& left = *std::prev(after);
  if (after == points_.end()) return left.weight;
  const double share = (position - left.position) / (after->position - left.position);
  return left.weight + share * (after->weight - left.weight);
}

bool StepWeight::is_zero() const {
  return std::ranges::all_of(points_, [](const Point& point) { return point.weight == 0; });
}

Result<NetworkTags> take_network_tags(std::string_view text, std::string_view param,
                                      double default_weight) {
  NetworkTags result;
  std::size_t from = 0;
  while (const auto written = find_tag(text, from)) {
    const auto begin = static_cast<std::size_t>(written->whole.data() - text.data());
    result.text += text.substr(from, begin - from);
    from = begin + written->whole.size();
    const auto row = std::ranges::find(kKinds, written->kind, &KindRow::name);
    if (row == kKinds.end()) {
      result.text += written->whole;
      add_warning(result.warnings,
                  {std::string(param),
                   fmt::format("'{}' is not a kind of network; {} is read as text",
                               written->kind.substr(0, 40), written->whole.substr(0, 100))});
      continue;
    }
    TagReader reader(*written, param);
    TRY(NetworkTag tag, reader.read(row->kind, default_weight, result.warnings));
    result.tags.push_back(std::move(tag));
  }
  result.text += text.substr(from);
  return result;
}

}  // namespace diptych
