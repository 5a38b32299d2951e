// Convolutions, matrix products and attention. A sum that follows a convolution or a linear layer
// is taken along.

#include <fmt/format.h>

#include <cmath>
#include <unordered_map>

#include "compute/backends/onednn/kernels/attention.h"
#include "compute/backends/onednn/lowering.h"

namespace diptych::onednn {
namespace {

using Memory = dnnl::memory;
using Arguments = std::unordered_map<int, Memory>;

Memory::data_type type_of(Cell cell) {
  return cell == Cell::kBf16 ? Memory::data_type::bf16 : Memory::data_type::f32;
}

Memory::desc desc_of(const Stored& stored, const Memory::dims& dims, Memory::format_tag tag) {
  return {dims, type_of(stored.cell), tag};
}

Memory::dims dims_of(const Shape& shape) { return {shape.sizes().begin(), shape.sizes().end()}; }

// Weights in the layout the primitive asks for; f32 in `plain` order goes in.
Memory packed(Lowering& lowering, std::span<float> values, const Memory::desc& plain,
              const Memory::desc& wanted) {
  Memory from(plain, lowering.engine(), values.data()), to(wanted, lowering.engine());
  dnnl::stream stream(lowering.engine());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  lowering.count_weight(wanted.get_size());
  return to;
}

// What every primitive here is made of.
struct Product {
  Stored x, y;
  Memory::desc x_desc, y_desc, weight_plain, weight_any, bias_desc;
  std::optional<Stored> residual;
};

dnnl::primitive_attr attributes(const Product& product) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (product.residual) {
    dnnl::post_ops sum;
    sum.append_binary(dnnl::algorithm::binary_add,
                      Memory::desc(product.y_desc.get_dims(), type_of(product.residual->cell),
                                   product.y_desc.get_strides()));
    attributes.set_post_ops(sum);
  }
  return attributes;
}

template <class Primitive>
Status add_product(Lowering& lowering, const Node& node, const Product& product,
                   const typename Primitive::primitive_desc& desc) {
  TRY(const auto weight, lowering.read_weight(node.inputs[1]));
  Arguments fixed = {
      {DNNL_ARG_WEIGHTS, packed(lowering, weight, product.weight_plain, desc.weights_desc())}};
  if (node.inputs.size() > 2) {
    TRY(const auto bias, lowering.read_weight(node.inputs[2]));
    fixed.emplace(DNNL_ARG_BIAS, packed(lowering, bias, product.bias_desc, product.bias_desc));
  }
  lowering.need_scratchpad(desc.scratchpad_desc().get_size());
  const BufferId residual = product.residual ? product.residual->buffer : product.y.buffer;
  lowering.step(
      {product.x.buffer, product.y.buffer, residual},
      [=, fixed = std::move(fixed), engine = lowering.engine()](const Arena& arena) -> Run {
        Arguments all = fixed;
        all.emplace(DNNL_ARG_SRC, Memory(desc.src_desc(), engine, arena.at(product.x.buffer)));
        all.emplace(DNNL_ARG_DST, Memory(desc.dst_desc(), engine, arena.at(product.y.buffer)));
        all.emplace(DNNL_ARG_SCRATCHPAD,
                    Memory(desc.scratchpad_desc(), engine, arena.scratchpad()));
        if (product.residual)
          all.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                      Memory({desc.dst_desc().get_dims(), type_of(product.residual->cell),
                              desc.dst_desc().get_strides()},
                             engine, arena.at(residual)));
        return [primitive = Primitive(desc), all = std::move(all)](dnnl::stream& stream) {
          primitive.execute(stream, all);
        };
      });
  lowering.set(node, product.y);
  return {};
}

// What is an output is written in full.
Cell cell_of_result(const Lowering& lowering, const Node& node) {
  return lowering.is_output(node) ? Cell::kF32 : lowering.cell();
}

Memory::desc no_bias() { return {}; }

Status lower_conv2d(Lowering& lowering, const Node& node, std::optional<Value> residual) {
  const auto& o = std::get<Conv2dOptions>(node.options);
  const Shape& filter = lowering.node(node.inputs[1]).shape;
  Product product;
  TRY(product.x, lowering.get(node.inputs[0], kChannelsLast, lowering.cell()));
  product.y = lowering.make(node.shape, kChannelsLast, cell_of_result(lowering, node));
  if (residual) {
    TRY(const Stored as_is, lowering.get(*residual));
    TRY(product.residual, lowering.get(*residual, kChannelsLast, as_is.cell));
  }
  product.x_desc = desc_of(product.x, dims_of(product.x.shape), Memory::format_tag::nhwc);
  product.y_desc = desc_of(product.y, dims_of(node.shape), Memory::format_tag::nhwc);
  Memory::dims weights = dims_of(filter);
  if (o.groups > 1) {
    weights[0] /= o.groups;
    weights.insert(weights.begin(), o.groups);
  }
  const bool grouped = o.groups > 1;
  product.weight_plain = {weights, Memory::data_type::f32,
                          grouped ? Memory::format_tag::goihw : Memory::format_tag::oihw};
  product.weight_any = {weights, type_of(lowering.cell()), Memory::format_tag::any};
  product.bias_desc = node.inputs.size() > 2
                          ? Memory::desc({filter[0]}, Memory::data_type::f32, Memory::format_tag::x)
                          : no_bias();
  const dnnl::convolution_forward::primitive_desc desc(
      lowering.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      product.x_desc, product.weight_any, product.bias_desc, product.y_desc, {o.stride, o.stride},
      {o.padding.top, o.padding.left}, {o.padding.bottom, o.padding.right}, attributes(product));
  return add_product<dnnl::convolution_forward>(lowering, node, product, desc);
}

Status lower_linear(Lowering& lowering, const Node& node, std::optional<Value> residual) {
  const Shape& matrix = lowering.node(node.inputs[1]).shape;  // [out, in]
  const std::int64_t out = matrix[0], in = matrix[1], rows = node.shape.element_count() / out;
  Product product;
  TRY(product.x, lowering.get(node.inputs[0], kRowMajor, lowering.cell()));
  product.y = lowering.make(node.shape, kRowMajor, cell_of_result(lowering, node));
  if (residual) {
    TRY(const Stored as_is, lowering.get(*residual));
    TRY(product.residual, lowering.get(*residual, kRowMajor, as_is.cell));
  }
  product.x_desc = desc_of(product.x, {rows, in}, Memory::format_tag::ab);
  product.y_desc = desc_of(product.y, {rows, out}, Memory::format_tag::ab);
  product.weight_plain = {{in, out}, Memory::data_type::f32, Memory::format_tag::ba};
  product.weight_any = {{in, out}, type_of(lowering.cell()), Memory::format_tag::any};
  product.bias_desc = node.inputs.size() > 2
                          ? Memory::desc({1, out}, Memory::data_type::f32, Memory::format_tag::ab)
                          : no_bias();
  const dnnl::matmul::primitive_desc desc(lowering.engine(), product.x_desc, product.weight_any,
                                          product.bias_desc, product.y_desc, attributes(product));
  return add_product<dnnl::matmul>(lowering, node, product, desc);
}

// Waits for the sum that is its only user, if that adds something of its own shape.
bool joins_a_sum(const Lowering& lowering, const Node& node) {
  const Node* user = lowering.sole_user(node);
  if (user == nullptr || user->op != Op::kAdd || lowering.is_output(*user)) return false;
  const auto& inputs = user->inputs;
  return lowering.node(inputs[0]).shape == node.shape &&
         lowering.node(inputs[1]).shape == node.shape;
}

Status lower_or_defer(Lowering& lowering, const Node& node) {
  if (!joins_a_sum(lowering, node)) return lower_product(lowering, node, {});
  lowering.defer(node);
  return {};
}

struct AttentionParts {
  Stored q, k, v, to;
  std::optional<Stored> mask;
  BufferId scratch = 0;
};

AttentionRun attention_run(const Node& node, const AttentionParts& parts) {
  const auto& o = std::get<AttentionOptions>(node.options);
  AttentionRun run{.cell = parts.q.cell,
                   .batch = parts.q.shape[0],
                   .heads = o.heads,
                   .queries = parts.q.shape[1],
                   .keys = parts.k.shape[1],
                   .head_size = parts.q.shape[2] / o.heads,
                   .value_size = parts.v.shape[2] / o.heads,
                   .causal = o.causal};
  run.scale = o.scale != 0 ? o.scale : 1 / std::sqrt(static_cast<float>(run.head_size));
  if (parts.mask) {
    const Strides own = strides_of(parts.mask->shape, kRowMajor);
    const int missing = 4 - parts.mask->shape.rank();
    for (int axis = missing; axis < 4; ++axis)
      if (parts.mask->shape[axis - missing] > 1)
        run.mask_strides[static_cast<std::size_t>(axis)] =
            own[static_cast<std::size_t>(axis - missing)];
  }
  return run;
}

Status lower_attention(Lowering& lowering, const Node& node) {
  AttentionParts parts;
  const Cell cell = lowering.cell();
  TRY(parts.q, lowering.get(node.inputs[0], kRowMajor, cell));
  TRY(parts.k, lowering.get(node.inputs[1], kRowMajor, cell));
  TRY(parts.v, lowering.get(node.inputs[2], kRowMajor, cell));
  if (node.inputs.size() > 3) {
    TRY(parts.mask, lowering.get(node.inputs[3], kRowMajor, Cell::kF32));
  }
  parts.to = lowering.make(node.shape, kRowMajor, cell);
  const AttentionRun run = attention_run(node, parts);
  parts.scratch = lowering.scratch(attention_scratch_bytes(run));
  const BufferId mask = parts.mask ? parts.mask->buffer : parts.q.buffer;
  lowering.step(
      {parts.q.buffer, parts.k.buffer, parts.v.buffer, parts.to.buffer, parts.scratch, mask},
      [=](const Arena& arena) -> Run {
        AttentionRun bound = run;
        bound.q = arena.at(parts.q.buffer), bound.k = arena.at(parts.k.buffer);
        bound.v = arena.at(parts.v.buffer), bound.to = arena.at(parts.to.buffer);
        bound.scratch = arena.at(parts.scratch);
        if (parts.mask) bound.mask = reinterpret_cast<const float*>(arena.at(mask));
        return [bound](dnnl::stream&) { run_attention(bound); };
      });
  lowering.set(node, parts.to);
  return {};
}

}  // namespace

Status lower_product(Lowering& lowering, const Node& node, std::optional<Value> residual) {
  return node.op == Op::kConv2d ? lower_conv2d(lowering, node, residual)
                                : lower_linear(lowering, node, residual);
}

std::span<const LoweringRow> product_rows() {
  static constexpr LoweringRow kRows[] = {
      {Op::kConv2d, lower_or_defer},
      {Op::kLinear, lower_or_defer},
      {Op::kAttention, lower_attention},
  };
  return kRows;
}

}  // namespace diptych::onednn
