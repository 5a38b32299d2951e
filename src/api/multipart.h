#pragma once
// Bodies of multipart/form-data (RFC 7578 over RFC 2046), read strictly: what a browser, curl and
// the official clients send, nothing looser. Parts are views of the body: nothing is copied.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/field.h"
#include "base/error.h"
#include "base/json.h"

namespace diptych {

struct FormPart {
  std::string name;       // with its brackets: "image[]"
  std::string filename;   // of a file; its last component, for display only
  bool is_file = false;   // it has a filename, maybe an empty one
  std::string_view type;  // its declared Content-Type; "": none
  std::string_view body;
};

struct FormLimits {
  std::size_t part_count_max = 64;
  std::size_t header_bytes_max = 4096;                 // of one part
  std::size_t value_bytes_max = std::size_t{1} << 20;  // of a part that is no file
};

bool is_multipart(std::string_view content_type);

// Errors (kInvalidArgument) say what is wrong with the body; a value past its limit names its part.
Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body,
                                              const FormLimits& limits = {});

// "image[]" → "image".
std::string_view field_of(const FormPart& part);

// The parts that are no files as the object that a field table reads: a row's types decide what a
// text is ("2" is an integer where the row takes integers; an empty text is null where it takes
// null). Parts named x[] are an array; a name that comes twice otherwise is an error.
Result<Json> form_object(std::span<const FormPart> parts, const BodySchema& schema);

}  // namespace diptych
