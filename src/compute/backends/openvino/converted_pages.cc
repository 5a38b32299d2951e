#include "compute/backends/openvino/converted_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "compute/float_formats.h"

namespace diptych::openvino {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;  // elements; a multiple of every block's

void write_as(ov::element::Type type, std::span<const float> values, std::byte* to) {
  auto* halves = reinterpret_cast<std::uint16_t*>(to);
  if (type == ov::element::bf16) {
    std::ranges::transform(values, halves, bf16_of_f32);
  } else if (type == ov::element::f16) {
    std::ranges::transform(values, halves, f16_of_f32);
  } else {
    std::memcpy(to, values.data(), values.size_bytes());
  }
}

}  // namespace

ConvertedPages::ConvertedPages(const WeightSource& source, TensorId tensor,
                               ov::element::Type type) {
  const WeightInfo& info = source.info(tensor);
  const DTypeRow& row = describe(info.dtype);
  const auto count = static_cast<std::size_t>(info.shape.element_count());
  size_ = std::max<std::size_t>(1, count * type.size());
  data_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data_ == MAP_FAILED) throw std::bad_alloc();

  const std::span<const std::byte> bytes = source.bytes(tensor);
  std::vector<float> chunk;
  for (std::size_t done = 0; done < count; done += chunk.size()) {
    chunk.resize(std::min(kChunk, count - done));
    const auto block_elements = static_cast<std::size_t>(row.block_elements);
    const auto block_bytes = static_cast<std::size_t>(row.block_bytes);
    convert_to_f32(info.dtype,
                   bytes.subspan(done / block_elements * block_bytes,
                                 chunk.size() / block_elements * block_bytes),
                   chunk);
    write_as(type, chunk, static_cast<std::byte*>(data_) + done * type.size());
  }
}

ConvertedPages::~ConvertedPages() { munmap(data_, size_); }

void ConvertedPages::drop() {
  mmap(data_, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

}  // namespace diptych::openvino
