#pragma once
// EXIF: a TIFF structure inside JPEG, WebP and PNG files. Only what pictures need: orientation,
// user comment, description. Layout: TIFF 6.0 section 2; tags: Exif 2.3. The user comment is read
// and written as piexif 1.1 does, which A1111 uses.

#include <string>
#include <string_view>

namespace diptych {

struct Exif {
  int orientation = 1;
  std::string user_comment;  // UTF-8; tag 0x9286
  std::string description;   // tag 0x010E
};

// `block` with or without the leading "Exif\0\0". Of a broken block, what could be read.
Exif read_exif(std::string_view block);

// The TIFF block (big-endian, without "Exif\0\0") that holds one user comment.
std::string write_exif_comment(std::string_view utf8);

// UserComment of Exif: an eight-byte code and the text. Writers use big-endian UTF-16 whatever the
// block's order; read are both orders (by BOM, else by which is more plausible), ASCII, and bare
// UTF-8.
std::string decode_user_comment(std::string_view value);
std::string encode_user_comment(std::string_view utf8);

}  // namespace diptych
