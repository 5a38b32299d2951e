#pragma once
// Two marks that OpenVINO's own converters put on nodes. The library exports these functions, but
// no header of the SDK declares them: another version than the pinned one fails to link here.

#include <memory>
#include <openvino/core/node.hpp>

namespace ov {

// On a Convert of a constant: the plugin packs the weights from the type they are stored in.
// Without the mark each is first unfolded to f32, which stays beside the packed one.
void mark_as_decompression(const std::shared_ptr<Node>& node);

// With f16 as `to`: the node computes in f32 whatever the model is compiled for, bf16 too.
void disable_conversion(const std::shared_ptr<Node>& node, const element::Type& to);

}  // namespace ov
