#include "text/weights/ggml_hook.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ggml-backend-impl.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "text/weights/attention.h"
#include "text/weights/kernels.h"
#include "text/weights/layout_table.h"
#include "text/weights/packed_matrix.h"
#include "text/weights/write_order.h"
#include "traits.h"

// ggml's CPU back end calls these two classes through their vtables. They are declared by its
// private traits.h; the bodies of the destructors live in a library that is loaded at run time, so
// they are given here.
namespace ggml::cpu {
tensor_traits::~tensor_traits() = default;
extra_buffer_type::~extra_buffer_type() = default;
}  // namespace ggml::cpu

namespace diptych::weights {
namespace {

// The private interface above is checked against this version only.
constexpr const char* kGgmlVersion = "0.25.1";

using BarrierFunction = void (*)(ggml_threadpool*);

struct Globals {  // set once by install_ggml_hook, before any model exists
  const MatrixKernel* kernel = nullptr;
  BarrierFunction barrier = nullptr;
  ggml_backend_buffer_type buffer_type{};
  std::atomic<bool> allow_inexact{false};
  WriteOrder write_order;
  ggml_backend_buffer_t (*allocate_host)(ggml_backend_buffer_type_t, size_t) = nullptr;
};
Globals& globals() {
  static Globals instance;
  return instance;
}
std::atomic<std::int64_t> packed_tensors{0}, packed_bytes{0};

// A weight's type is looked up for every op: by index, not by name.
std::optional<SourceFormat> format_of(ggml_type type) {
  static const auto formats = [] {
    std::array<std::optional<SourceFormat>, GGML_TYPE_COUNT> all{};
    for (int t = 0; t < GGML_TYPE_COUNT; ++t) {
      const char* name = ggml_type_name(static_cast<ggml_type>(t));
      const LayoutRow* row = name == nullptr ? nullptr : find_layout(name);
      if (row != nullptr) all[static_cast<std::size_t>(t)] = row->packed;
    }
    return all;
  }();
  return formats[static_cast<std::size_t>(type)];
}

// May a weight of this type be put into our layout, now that a model is being loaded?
bool layout_allowed(ggml_type type) {
  const LayoutRow* row = find_layout(ggml_type_name(type));
  return row != nullptr && (row->exactness == Exactness::kExact || globals().allow_inexact.load());
}

std::optional<PackedShape> shape_of(const ggml_tensor* weight) {
  const auto format = format_of(weight->type);
  if (!format || weight->ne[2] != 1 || weight->ne[3] != 1 || weight->ne[0] % kBlockColumns != 0)
    return std::nullopt;
  return PackedShape{*format, weight->ne[1], weight->ne[0]};
}

std::byte* aligned(void* work) {
  return reinterpret_cast<std::byte*>((reinterpret_cast<std::uintptr_t>(work) + 63) / 64 * 64);
}

// Work buffer: one QuantizedRow per token, shared; with a single token one per thread, to save the
// barrier.
class PackedMatMul final : public ggml::cpu::tensor_traits {
 public:
  bool work_size(int thread_count, const ggml_tensor* op, size_t& size) override {
    const std::int64_t rows = std::max<std::int64_t>(ggml_nrows(op->src[1]), thread_count);
    size = quantized_row_bytes(op->src[1]->ne[0]) * static_cast<std::size_t>(rows) + 64;
    return true;
  }

  bool compute_forward(ggml_compute_params* params, ggml_tensor* op) override {
    const ggml_tensor* weight = op->src[0];
    const ggml_tensor* x = op->src[1];
    const auto shape = shape_of(weight);
    if (!shape) return false;
    const MatrixKernel& kernel = *globals().kernel;
    const std::int64_t tokens = ggml_nrows(x);
    const int zero_point = traits_of(shape->format).zero_point;
    auto* rows = aligned(params->wdata);
    const auto quantize = [&](std::int64_t token, std::int64_t slot) {
      kernel.quantize(row_of(x, token), shape->columns, zero_point,
                      quantized_row_at(rows, shape->columns, slot));
    };
    if (tokens == 1) {
      quantize(0, params->ith);
      rows += quantized_row_bytes(shape->columns) * static_cast<std::size_t>(params->ith);
    } else {
      for (std::int64_t token = params->ith; token < tokens; token += params->nth)
        quantize(token, token);
      globals().barrier(params->threadpool);
    }
    kernel.multiply({*shape, static_cast<const std::byte*>(weight->data)},
                    share_of(shape->tile_count(), *params), {rows, tokens},
                    Output{static_cast<float*>(op->data), op->nb[1] / sizeof(float)});
    return true;
  }

 private:
  static const float* row_of(const ggml_tensor* x, std::int64_t token) {
    const std::int64_t i1 = token % x->ne[1], i2 = token / x->ne[1] % x->ne[2],
                       i3 = token / (x->ne[1] * x->ne[2]);
    const auto offset = static_cast<std::size_t>(i1) * x->nb[1] +
                        static_cast<std::size_t>(i2) * x->nb[2] +
                        static_cast<std::size_t>(i3) * x->nb[3];
    return reinterpret_cast<const float*>(static_cast<const char*>(x->data) + offset);
  }
  // Pairs of tiles stay together: the kernels work on two at a time.
  static TileRange share_of(std::int64_t tiles, const ggml_compute_params& params) {
    const std::int64_t pairs = (tiles + 1) / 2;
    const std::int64_t first = pairs * params.ith / params.nth,
                       last = pairs * (params.ith + 1) / params.nth;
    return {first * 2, std::min(last * 2, tiles)};
  }
};

class FastAttention final : public ggml::cpu::tensor_traits {
 public:
  // Only plain causal attention over an f16 cache: no ALiBi, no soft cap, no sinks.
  static std::optional<AttentionShape> shape_of(const ggml_tensor* op) {
    const ggml_tensor *q = op->src[0], *k = op->src[1], *v = op->src[2], *mask = op->src[3];
    float parameters[3];  // scale, max_bias, logit_softcap
    std::memcpy(parameters, op->op_params, sizeof parameters);
    const bool plain =
        mask != nullptr && op->src[4] == nullptr && parameters[1] == 0 && parameters[2] == 0;
    if (!plain || k->type != GGML_TYPE_F16 || v->type != GGML_TYPE_F16 || q->type != GGML_TYPE_F32)
      return std::nullopt;
    if (mask->type != GGML_TYPE_F16 || q->ne[3] != 1 || k->ne[3] != 1 || mask->ne[2] != 1 ||
        mask->ne[3] != 1)
      return std::nullopt;
    if (k->ne[0] != v->ne[0] || k->nb[0] != 2 || v->nb[0] != 2 || q->nb[0] != 4 || mask->nb[0] != 2)
      return std::nullopt;
    AttentionShape shape;
    shape.head_size = static_cast<int>(q->ne[0]);
    shape.query_heads = static_cast<int>(q->ne[2]);
    shape.kv_heads = static_cast<int>(k->ne[2]);
    shape.token_count = q->ne[1];
    shape.cell_count = k->ne[1];
    if (v->ne[2] != k->ne[2] || !attention_supported(shape)) return std::nullopt;
    return shape;
  }

  bool work_size(int thread_count, const ggml_tensor* op, size_t& size) override {
    const auto shape = shape_of(op);
    if (!shape) return false;
    size = attention_scratch_bytes(*shape, thread_count) + 64;
    return true;
  }

  bool compute_forward(ggml_compute_params* params, ggml_tensor* op) override {
    const auto shape = shape_of(op);
    if (!shape) return false;
    const ggml_tensor *q = op->src[0], *k = op->src[1], *v = op->src[2], *mask = op->src[3];
    float scale;
    std::memcpy(&scale, op->op_params, sizeof scale);
    std::span<const std::uint64_t> order = globals().write_order.stamps_of(k->data);
    if (order.size() < static_cast<std::size_t>(shape->cell_count)) order = {};
    const AttentionInput input{static_cast<const float*>(q->data),
                               q->nb[1] / 4,
                               q->nb[2] / 4,
                               static_cast<const std::uint16_t*>(k->data),
                               k->nb[1] / 2,
                               k->nb[2] / 2,
                               static_cast<const std::uint16_t*>(v->data),
                               v->nb[1] / 2,
                               v->nb[2] / 2,
                               static_cast<const std::uint16_t*>(mask->data),
                               mask->nb[1] / 2,
                               order.empty() ? nullptr : order.data(),
                               scale,
                               static_cast<float*>(op->data),
                               op->nb[2] / 4,
                               op->nb[1] / 4};
    std::byte* scratch = aligned(params->wdata);
    const Team team{params->ith, params->nth};
    if (attend(*shape, input, team, scratch) == Attended::kMergeNeeded) {
      globals().barrier(params->threadpool);
      attend_merge(*shape, input, team, scratch);
    }
    return true;
  }
};

// ggml writes new keys and values by this op. We only look on: answering false leaves the work to
// ggml.
class CacheWriteObserver final : public ggml::cpu::tensor_traits {
 public:
  static bool observes(const ggml_tensor* op) {
    return op->type == GGML_TYPE_F16 && op->src[1]->type == GGML_TYPE_I64;
  }
  bool work_size(int, const ggml_tensor*, size_t&) override { return false; }
  bool compute_forward(ggml_compute_params* params, ggml_tensor* op) override {
    if (params->ith != 0) return false;
    const ggml_tensor* cells = op->src[1];
    globals().write_order.note(
        op->data, op->ne[1] * op->ne[2],
        {static_cast<const std::int64_t*>(cells->data), static_cast<std::size_t>(cells->ne[0])});
    return false;
  }
};

class PackedBufferType final : public ggml::cpu::extra_buffer_type {
 public:
  bool supports_op(ggml_backend_dev_t, const ggml_tensor* op) override {
    return op->op == GGML_OP_MUL_MAT && is_packed(op->src[0]) && layout_allowed(op->src[0]->type) &&
           shape_of(op->src[0]) && op->src[1]->type == GGML_TYPE_F32 &&
           op->src[1]->nb[0] == sizeof(float) &&
           (op->src[1]->buffer == nullptr || ggml_backend_buft_is_host(op->src[1]->buffer->buft));
  }
  ggml::cpu::tensor_traits* get_tensor_traits(const ggml_tensor* op) override {
    if (op->op == GGML_OP_MUL_MAT && is_packed(op->src[0])) return &mat_mul_;
    if (op->op == GGML_OP_FLASH_ATTN_EXT && FastAttention::shape_of(op)) return &attention_;
    if (op->op == GGML_OP_SET_ROWS && CacheWriteObserver::observes(op)) return &observer_;
    return nullptr;
  }

 private:
  static bool is_packed(const ggml_tensor* weight) {
    return weight->buffer != nullptr && weight->buffer->buft == &globals().buffer_type;
  }
  PackedMatMul mat_mul_;
  FastAttention attention_;
  CacheWriteObserver observer_;
};

// Rounds a weight of another format to Q8_0 blocks, row by row.
std::vector<std::byte> as_q8_0(const ggml_tensor* tensor, const void* data) {
  const std::int64_t columns = tensor->ne[0], rows = ggml_nrows(tensor);
  const std::size_t source_row = ggml_row_size(tensor->type, columns),
                    row_bytes = ggml_row_size(GGML_TYPE_Q8_0, columns);
  std::vector<std::byte> blocks(row_bytes * static_cast<std::size_t>(rows));
  std::vector<float> values(static_cast<std::size_t>(columns));
  const ggml_to_float_t to_float = ggml_get_type_traits(tensor->type)->to_float;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto* source =
        static_cast<const std::byte*>(data) + source_row * static_cast<std::size_t>(row);
    if (tensor->type == GGML_TYPE_F32) {
      std::memcpy(values.data(), source, source_row);
    } else {
      to_float(source, values.data(), columns);
    }
    ggml_quantize_chunk(GGML_TYPE_Q8_0, values.data(),
                        blocks.data() + row_bytes * static_cast<std::size_t>(row), 0, 1, columns,
                        nullptr);
  }
  return blocks;
}

void set_tensor(ggml_backend_buffer_t, ggml_tensor* tensor, const void* data, size_t offset,
                size_t size) {
  const auto shape = shape_of(tensor);
  GGML_ASSERT(shape && offset == 0 && size == ggml_nbytes(tensor));
  std::span<const std::byte> source{static_cast<const std::byte*>(data), size};
  std::vector<std::byte> rounded;
  if (find_layout(ggml_type_name(tensor->type))->exactness == Exactness::kInexact) {
    rounded = as_q8_0(tensor, data);
    source = rounded;
  }
  pack_tiles(*shape, source, 0, shape->tile_count(), static_cast<std::byte*>(tensor->data));
  packed_tensors += 1;
  packed_bytes += static_cast<std::int64_t>(shape->bytes());
}

ggml_backend_buffer_t allocate(ggml_backend_buffer_type_t type, size_t size) {
  ggml_backend_buffer_t buffer =
      ggml_backend_buft_alloc_buffer(ggml_backend_cpu_buffer_type(), size);
  if (buffer == nullptr) return nullptr;
  buffer->buft = type;
  buffer->iface.set_tensor = set_tensor;
  buffer->iface.get_tensor = nullptr;
  buffer->iface.cpy_tensor = nullptr;
  return buffer;
}

size_t allocation_size(ggml_backend_buffer_type_t, const ggml_tensor* tensor) {
  const auto shape = shape_of(tensor);
  return shape ? std::max(shape->bytes(), ggml_nbytes(tensor)) : ggml_nbytes(tensor);
}

// Weights and the key/value cache are read in full for every token: on 4 KiB pages the page walks
// cost more than the reads. Asking before the first touch also makes clearing the cache at start
// several times faster.
ggml_backend_buffer_t allocate_on_huge_pages(ggml_backend_buffer_type_t type, size_t size) {
  constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
  ggml_backend_buffer_t buffer = globals().allocate_host(type, size);
  if (buffer == nullptr || size < 2 * kHugePage) return buffer;
  const auto base = reinterpret_cast<std::uintptr_t>(ggml_backend_buffer_get_base(buffer));
  const std::uintptr_t begin = (base + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t end = (base + size) / kHugePage * kHugePage;
  madvise(reinterpret_cast<void*>(begin), end - begin,
          MADV_HUGEPAGE);  // a hint: failure costs speed only
  return buffer;
}

template <class Function>
Function find_symbol(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

// The CPU back end is a library loaded by ggml: reach it through one of the functions it registers.
void* cpu_library(ggml_backend_reg_t registry) {
  void* function = ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_n_threads");
  Dl_info place{};
  if (function == nullptr || dladdr(function, &place) == 0) return nullptr;
  return dlopen(place.dli_fname, RTLD_NOW | RTLD_NOLOAD);
}

HookState install() {
  if (std::getenv("DIPTYCH_NO_PACKED_WEIGHTS") != nullptr)
    return {false, "switched off by DIPTYCH_NO_PACKED_WEIGHTS", false};
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  if (device == nullptr) return {false, "no CPU back end is loaded", false};
  const MatrixKernel* kernel = fastest_matrix_kernel();
  if (kernel == nullptr)
    return {false, "this CPU has none of AVX512-VNNI: ggml's own layouts are used", false};
  if (std::strcmp(ggml_version(), kGgmlVersion) != 0) {
    return {false, std::string("written for ggml ") + kGgmlVersion + ", found " + ggml_version(),
            false};
  }
  void* library = cpu_library(ggml_backend_dev_backend_reg(device));
  if (library == nullptr) return {false, "the CPU back end's library was not found", false};
  using ExtraTypes = std::vector<ggml_backend_buffer_type_t>& (*)();
  const auto extra_types =
      find_symbol<ExtraTypes>(library, "_Z39ggml_backend_cpu_get_extra_buffer_typesv");
  const auto barrier = find_symbol<BarrierFunction>(library, "ggml_barrier");
  if (extra_types == nullptr || barrier == nullptr)
    return {false, "the CPU back end has no hook", false};

  static PackedBufferType buffer_type;
  ggml_backend_buffer_type_t host = ggml_backend_cpu_buffer_type();
  Globals& g = globals();
  g.kernel = kernel;
  g.barrier = barrier;
  g.buffer_type.iface.get_name = [](ggml_backend_buffer_type_t) { return "CPU_PACKED"; };
  g.buffer_type.iface.alloc_buffer = allocate;
  g.buffer_type.iface.get_alignment = [](ggml_backend_buffer_type_t) -> size_t { return 64; };
  g.buffer_type.iface.get_alloc_size = allocation_size;
  g.buffer_type.device = device;
  g.buffer_type.context = &buffer_type;
  g.allocate_host = host->iface.alloc_buffer;
  host->iface.alloc_buffer = allocate_on_huge_pages;
  std::vector<ggml_backend_buffer_type_t>& types = extra_types();
  types.insert(types.begin(), &g.buffer_type);
  return {true, std::string(kernel->name), true};
}

}  // namespace

const HookState& install_ggml_hook() {
  static const HookState state = install();
  return state;
}

void allow_inexact_layouts(bool allow) { globals().allow_inexact = allow; }

PackedUse packed_use() { return {packed_tensors.load(), packed_bytes.load()}; }

}  // namespace diptych::weights
