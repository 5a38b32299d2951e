#include "image/models/key_map.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <map>
#include <utility>

#include "compute/dequantize.h"

namespace diptych {
namespace {

// Calls visit(module) for "a.b.c", "a.b", "a" until it answers true.
template <class Visit>
void for_each_module(std::string_view name, Visit visit) {
  for (std::string_view module = name; !module.empty();) {
    if (visit(module)) return;
    const std::size_t dot = module.rfind('.');
    module = module.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
}

std::string replaced(std::string_view name, std::size_t module_size, const std::string& by) {
  return by + std::string(name.substr(module_size));
}

std::unexpected<Error> wrong_shape(const WeightInfo& info, std::string_view wanted) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("tensor \"{}\" has the shape {} where {} is needed", info.name,
                          info.shape.to_string(), wanted));
}

std::vector<std::byte> transposed(std::span<const std::byte> from, std::int64_t rows,
                                  std::int64_t columns) {
  const std::size_t element = from.size() / static_cast<std::size_t>(rows * columns);
  std::vector<std::byte> to(from.size());
  std::byte* out = to.data();
  for (std::int64_t column = 0; column < columns; ++column) {
    for (std::int64_t row = 0; row < rows; ++row, out += element) {
      const auto at = static_cast<std::size_t>(row * columns + column) * element;
      std::memcpy(out, from.data() + at, element);
    }
  }
  return to;
}

Status add_transposed(WeightViewBuilder& to, std::string name, const WeightRef& from) {
  const WeightInfo& info = from.info();
  if (info.shape.rank() != 2) return wrong_shape(info, "[rows, columns]");
  const std::int64_t rows = info.shape[0];
  const std::int64_t columns = info.shape[1];
  if (info.shape.element_count() == 0) return wrong_shape(info, "[rows, columns], not empty,");
  if (is_quantised(info.dtype)) {  // blocks run along the rows
    const std::vector<float> values = read_as_f32(*from.source, from.tensor);
    to.add_owned(std::move(name), DType::kF32, Shape{columns, rows},
                 transposed(std::as_bytes(std::span(values)), rows, columns));
  } else {
    to.add_owned(std::move(name), info.dtype, Shape{columns, rows},
                 transposed(from.source->bytes(from.tensor), rows, columns));
  }
  return {};
}

// "a.in_proj.weight" for one, "a.in_proj.bias" for the other: thirds of two or of one axis.
Status add_changed(WeightViewBuilder& to, MappedKey key, const WeightRef& from) {
  const Shape& shape = from.info().shape;
  switch (key.change) {
    case KeyChange::kNone:
      to.add(std::move(key.name), from);
      return {};
    case KeyChange::kFirstThird:
      return to.add_part(std::move(key.name), from, 0, 3);
    case KeyChange::kSecondThird:
      return to.add_part(std::move(key.name), from, 1, 3);
    case KeyChange::kLastThird:
      return to.add_part(std::move(key.name), from, 2, 3);
    case KeyChange::kTransposed:
      return add_transposed(to, std::move(key.name), from);
    case KeyChange::kConvToLinear:
      if (shape.rank() == 4 && shape[2] == 1 && shape[3] == 1) {
        return to.add_reshaped(std::move(key.name), from, Shape{shape[0], shape[1]});
      }
      if (shape.rank() == 4) return wrong_shape(from.info(), "[out, in, 1, 1]");
      to.add(std::move(key.name), from);  // a bias, or linear already
      return {};
  }
  return {};
}

// Query, key and value of one original tensor, in this order, once all three were met.
using Thirds = std::array<std::optional<WeightRef>, 3>;

Status add_joined(WeightViewBuilder& to, const std::string& name, const Thirds& thirds) {
  std::vector<std::byte> bytes;
  for (const auto& third : thirds) {
    if (!third) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("\"{}\" needs query, key and value; one is missing", name));
    }
    const WeightInfo& info = third->info();
    const WeightInfo& first = thirds[0]->info();
    if (info.shape != first.shape || info.dtype != first.dtype || info.shape.rank() == 0) {
      return wrong_shape(info, first.shape.to_string() + ", the type and shape of the query,");
    }
    const auto part = third->source->bytes(third->tensor);
    bytes.insert(bytes.end(), part.begin(), part.end());
    third->source->release(third->tensor);
  }
  Shape shape = thirds[0]->info().shape;
  shape[0] *= 3;
  to.add_owned(name, thirds[0]->info().dtype, shape, std::move(bytes));
  return {};
}

int third_of(KeyChange change) {
  if (change == KeyChange::kFirstThird) return 0;
  if (change == KeyChange::kSecondThird) return 1;
  return change == KeyChange::kLastThird ? 2 : -1;
}

Status add_original(WeightViewBuilder& to, MappedKey key, const WeightRef& from) {
  const Shape& shape = from.info().shape;
  if (key.change == KeyChange::kTransposed) return add_transposed(to, std::move(key.name), from);
  if (key.change == KeyChange::kConvToLinear && shape.rank() == 2) {
    return to.add_reshaped(std::move(key.name), from, Shape{shape[0], shape[1], 1, 1});
  }
  to.add(std::move(key.name), from);
  return {};
}

}  // namespace

KeyMap::KeyMap(std::vector<KeyRule> rules) : rules_(std::move(rules)) {
  for (const KeyRule& rule : rules_) {
    by_original_.emplace(rule.original, &rule);
    by_diffusers_.emplace(rule.diffusers, &rule);
  }
}

std::vector<MappedKey> KeyMap::to_diffusers(std::string_view original) const {
  std::vector<MappedKey> found;
  for_each_module(original, [&](std::string_view module) {
    const auto [begin, end] = by_original_.equal_range(module);
    for (auto rule = begin; rule != end; ++rule) {
      found.push_back(
          {replaced(original, module.size(), rule->second->diffusers), rule->second->change});
    }
    return !found.empty();
  });
  return found;
}

std::optional<MappedKey> KeyMap::to_original(std::string_view diffusers) const {
  std::optional<MappedKey> found;
  for_each_module(diffusers, [&](std::string_view module) {
    const auto rule = by_diffusers_.find(module);
    if (rule == by_diffusers_.end()) return false;
    found = {replaced(diffusers, module.size(), rule->second->original), rule->second->change};
    return true;
  });
  return found;
}

Result<SharedWeights> map_to_diffusers(const KeyMap& map, const SharedWeights& source,
                                       std::string_view prefix, std::vector<std::string>& unused) {
  WeightViewBuilder to;
  for (std::uint32_t i = 0; i < source->index().size(); ++i) {
    const std::string& name = source->index()[i].name;
    if (!name.starts_with(prefix)) continue;
    auto keys = map.to_diffusers(std::string_view(name).substr(prefix.size()));
    if (keys.empty()) unused.push_back(name);
    for (MappedKey& key : keys) {
      TRY_STATUS(add_changed(to, std::move(key), {source, TensorId{i}}));
    }
  }
  return std::move(to).finish();
}

Status map_to_original(const KeyMap& map, const SharedWeights& source, std::string_view prefix,
                       WeightViewBuilder& to) {
  std::map<std::string, Thirds> joined;
  for (std::uint32_t i = 0; i < source->index().size(); ++i) {
    const std::string& name = source->index()[i].name;
    auto key = map.to_original(name);
    if (!key) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("tensor \"{}\" has no place in the original layout", name));
    }
    key->name.insert(0, prefix);
    const WeightRef from{source, TensorId{i}};
    if (const int third = third_of(key->change); third >= 0) {
      joined[key->name][static_cast<std::size_t>(third)] = from;
    } else {
      TRY_STATUS(add_original(to, std::move(*key), from));
    }
  }
  for (const auto& [name, thirds] : joined) TRY_STATUS(add_joined(to, name, thirds));
  return {};
}

}  // namespace diptych
