#pragma once
// The shortest ends of a document: how many bytes a walk that goes straight home needs. What is
// said can be done; now and then a byte or two less would do, too.

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "grammar/value/document_stack.h"
#include "grammar/value/number_tracks.h"

namespace diptych::grammar {

class Endings {
 public:
  using Bytes = std::uint64_t;
  static constexpr Bytes kNotKnown = Bytes{1} << 40;  // and more; sums of it do not overflow

  Endings(ValueNodes& nodes, Frames& frames, const DocumentStack& stack, NumberTracks& numbers)
      : nodes_(nodes), frames_(frames), stack_(stack), numbers_(numbers) {}

  Bytes of_string(Language rest);  // with the closing quote
  Bytes of_number(NumberTracksId tracks);
  Bytes of_value(StackId stack);      // the value that its frame asks for
  Bytes after_value(StackId stack);   // once that value is there: to the end of the document
  Bytes of_container(StackId stack);  // from between two members or items to the end
  Bytes of_member(StackId stack, std::uint32_t choice,
                  const Amounts& amounts);  // from its colon on

 private:
  Bytes of_node(NodeId node);
  Bytes work_out(NodeId node);
  Bytes of_object(const ObjectShape& shape);
  Bytes of_array(const ArrayShape& shape);
  std::vector<Bytes> rest_by_target(FrameId frame, std::uint32_t count);
  Bytes rest_of(const Frames::Alternative& one, std::uint32_t count, bool is_first);
  std::uint32_t count_after(const StackRow& row, FrameId frame) const;
  Bytes value_and_rest(const StackRow& row, FrameId frame);
  Bytes rest_of_object(const ObjectForm& form, SeenBits seen, bool is_first);
  Bytes rest_of_array(const ArrayShape& shape, std::uint32_t index);
  Bytes key_bytes(NameId name);

  ValueNodes& nodes_;
  Frames& frames_;
  const DocumentStack& stack_;
  NumberTracks& numbers_;
  std::unordered_map<NodeId, Bytes> of_nodes_;
  std::unordered_map<std::uint32_t, Bytes> of_strings_, of_numbers_;
  std::unordered_map<StackId, Bytes> after_;
  bool met_open_ = false;  // a node in the middle of being worked out
};

}  // namespace diptych::grammar
