#include "text/chat/llama_values.h"

#include "jinja/runtime.h"

namespace diptych {
namespace {

jinja::value array_value(const Json& json, TextOrigin origin) {
  auto array = jinja::mk_val<jinja::value_array>();
  for (const Json& item : json.as_array()) array->push_back(jinja_value(item, origin));
  return array;
}

jinja::value object_value(const Json& json, TextOrigin origin) {
  auto object = jinja::mk_val<jinja::value_object>();
  for (const Json::Member& member : json.as_object()) {
    const bool protocol = member.name == "role" || member.name == "type";
    object->insert(member.name,
                   jinja_value(member.value, protocol ? TextOrigin::kTemplate : origin));
  }
  return object;
}

}  // namespace

jinja::value jinja_value(const Json& json, TextOrigin origin) {
  if (json.is_bool()) return jinja::mk_val<jinja::value_bool>(json.as_bool());
  if (json.is_int()) return jinja::mk_val<jinja::value_int>(json.as_int());
  if (json.is_number()) return jinja::mk_val<jinja::value_float>(json.as_double());
  if (json.is_string())
    return jinja::mk_val<jinja::value_string>(
        jinja::string(json.as_string(), origin == TextOrigin::kCaller));
  if (json.is_array()) return array_value(json, origin);
  if (json.is_object()) return object_value(json, origin);
  return jinja::mk_val<jinja::value_none>();
}

}  // namespace diptych
