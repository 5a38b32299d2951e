#pragma once
// What an interrupted drawing goes on from: which pictures are finished, and what the network
// answered in the batch that was being drawn. A drawing that is given such a record takes those
// answers instead of evaluating. Solvers still run from their start, so history, noise and branches
// come out as they were, exactly, for every solver and without one knowing of it; repeating their
// arithmetic costs microseconds a step. An evaluation costs 4 bytes for each element of the
// latents: 64 KiB at 512×512.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "compute/tensor.h"

namespace diptych {

inline constexpr std::string_view kRecordMismatch = "record_mismatch";

class DrawRecord {  // a value; one owner thread
 public:
  // Past `bytes_max` no further answer is kept: the drawing then goes on from the last one that is.
  explicit DrawRecord(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  DrawRecord() : DrawRecord(std::uint64_t{64} << 20) {}

  int first_picture() const { return first_picture_; }  // those before it are finished
  std::span<const Tensor> answers() const { return answers_; }
  const Warnings& warnings() const { return warnings_; }  // of the finished pictures
  std::uint64_t answer_bytes() const;

  void append_to(std::string& bytes) const;
  std::string encode() const {
    std::string bytes;
    append_to(bytes);
    return bytes;
  }
  // Errors (kInvalidArgument): bytes that append_to() did not write.
  static Result<DrawRecord> decode(std::string_view bytes, std::uint64_t bytes_max);

  // What follows is the pipeline's.

  // The batch that begins with `picture` is drawn from its start, with the answers kept for it.
  void begin_batch(int picture);
  void finish_batch(int next_picture, const Warnings& warnings);
  // The next answer: the kept one, else what `evaluate` says. kConflict (detail kRecordMismatch):
  // the kept one is of another shape, so the record is of another drawing.
  Result<Tensor> answer(const Shape& shape, const std::function<Result<Tensor>()>& evaluate);
  bool was_kept() const { return was_kept_; }  // the last answer

 private:
  std::uint64_t bytes_max_;
  int first_picture_ = 0;
  std::vector<Tensor> answers_;
  Warnings warnings_;
  std::size_t next_ = 0;
  bool was_kept_ = false, full_ = false;
};

}  // namespace diptych
