#pragma once
// URI references (RFC 3986), as far as schemas need them to name each other. No network anywhere.

#include <string>
#include <string_view>

namespace diptych::grammar {

// Section 5.2: what `reference` means in a document at `base`. A base may be empty or relative:
// then the outcome may be relative, too, and is still one name for one resource.
std::string resolve_uri(std::string_view base, std::string_view reference);

struct SplitUri {
  std::string uri, fragment;  // fragment: percent-decoded, without '#'
};
SplitUri split_fragment(std::string_view uri);

}  // namespace diptych::grammar
