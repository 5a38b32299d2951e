#pragma once
// Prefixes of the ids this API hands out; base/rng.h's random_id() makes the rest.

namespace diptych::openai {

inline constexpr char kChatIdPrefix[] = "chatcmpl-";
inline constexpr char kCompletionIdPrefix[] = "cmpl-";
inline constexpr char kMessageIdPrefix[] = "msg_";
inline constexpr char kCallIdPrefix[] = "call_";
inline constexpr char kResponseIdPrefix[] = "resp_";
inline constexpr char kFunctionCallIdPrefix[] = "fc_";
inline constexpr char kFunctionOutputIdPrefix[] = "fco_";
inline constexpr char kReasoningIdPrefix[] = "rs_";
inline constexpr char kImageIdPrefix[] = "ig_";

}  // namespace diptych::openai
