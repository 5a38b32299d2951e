#include "grammar/schema/uri.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace diptych::grammar {
namespace {

// Each part with the delimiter that introduces (or, for the scheme, ends) it; empty when missing.
struct Parts {
  std::string_view scheme, authority, path, query, fragment;
};

std::string_view take_scheme(std::string_view& text) {
  const std::size_t colon = text.find_first_of(":/?#");
  if (colon == std::string_view::npos || colon == 0 || text[colon] != ':') return {};
  const std::string_view scheme = text.substr(0, colon + 1);
  text.remove_prefix(scheme.size());
  return scheme;
}

Parts split(std::string_view text) {
  Parts parts;
  const std::size_t hash = std::min(text.find('#'), text.size());
  parts.fragment = text.substr(hash);
  text = text.substr(0, hash);
  parts.scheme = take_scheme(text);
  const std::size_t question = std::min(text.find('?'), text.size());
  parts.query = text.substr(question);
  text = text.substr(0, question);
  if (text.starts_with("//")) {
    parts.authority = text.substr(0, std::min(text.find('/', 2), text.size()));
    text.remove_prefix(parts.authority.size());
  }
  parts.path = text;
  return parts;
}

// Section 5.2.4.
std::string without_dot_segments(std::string_view path) {
  if (path.find('.') == std::string_view::npos) return std::string(path);
  const bool rooted = path.starts_with('/');
  std::vector<std::string_view> kept;
  bool ends_in_folder = false;
  for (std::size_t begin = rooted ? 1 : 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    ends_in_folder = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!ends_in_folder) kept.push_back(segment);
    begin = end + 1;
  }
  std::string out;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i > 0 || rooted) out += '/';
    out += kept[i];
  }
  if (ends_in_folder && (rooted || !kept.empty())) out += '/';
  return out;
}

std::string merged_path(const Parts& base, std::string_view path) {
  if (!base.authority.empty() && base.path.empty()) return std::string(1, '/').append(path);
  const std::size_t slash = base.path.rfind('/');
  if (slash == std::string_view::npos) return std::string(path);
  return std::string(base.path.substr(0, slash + 1)).append(path);
}

std::string joined(std::string_view scheme, std::string_view authority, std::string_view path,
                   std::string_view query, std::string_view fragment) {
  std::string out;
  out.append(scheme).append(authority).append(path).append(query).append(fragment);
  return out;
}

}  // namespace

std::string resolve_uri(std::string_view base_text, std::string_view reference_text) {
  const Parts base = split(base_text), reference = split(reference_text);
  if (!reference.scheme.empty()) {
    return joined(reference.scheme, reference.authority, without_dot_segments(reference.path),
                  reference.query, reference.fragment);
  }
  if (!reference.authority.empty()) {
    return joined(base.scheme, reference.authority, without_dot_segments(reference.path),
                  reference.query, reference.fragment);
  }
  if (reference.path.empty()) {
    return joined(base.scheme, base.authority, base.path,
                  reference.query.empty() ? base.query : reference.query, reference.fragment);
  }
  const std::string path = reference.path.starts_with('/') ? std::string(reference.path)
                                                           : merged_path(base, reference.path);
  return joined(base.scheme, base.authority, without_dot_segments(path), reference.query,
                reference.fragment);
}

SplitUri split_fragment(std::string_view uri) {
  const std::size_t hash = std::min(uri.find('#'), uri.size());
  SplitUri split{.uri = std::string(uri.substr(0, hash)), .fragment = {}};
  const std::string_view encoded = uri.substr(std::min(hash + 1, uri.size()));
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    std::uint8_t byte = 0;
    const char* digits = encoded.data() + i + 1;
    if (encoded[i] == '%' && i + 2 < encoded.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      split.fragment += static_cast<char>(byte);
      i += 2;
    } else {
      split.fragment += encoded[i];
    }
  }
  return split;
}

}  // namespace diptych::grammar
