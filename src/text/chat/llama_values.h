#pragma once
// Our JSON as values of llama.cpp's interpreter. Text from messages and tools is marked, so that
// the interpreter can tell which parts of its output the template did not write.

#include <memory>

#include "base/json.h"

namespace jinja {
struct value_t;
}

namespace diptych {

enum class TextOrigin { kTemplate, kCaller };

// Strings under the keys "role" and "type" are words of the protocol, not of the caller: templates
// build control tokens of them.
std::shared_ptr<jinja::value_t> jinja_value(const Json& json, TextOrigin origin);

}  // namespace diptych
