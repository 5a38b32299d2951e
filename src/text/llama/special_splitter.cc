#include "text/llama/special_splitter.h"

#include <algorithm>

namespace diptych {

SpecialSplitter::SpecialSplitter(std::vector<Name> names) : names_(std::move(names)) {
  std::erase_if(names_, [](const Name& name) { return name.text.empty(); });
  std::ranges::stable_sort(
      names_, [](const Name& a, const Name& b) { return a.text.size() > b.text.size(); });
  for (std::size_t i = 0; i < names_.size(); ++i) {
    by_first_byte_[static_cast<unsigned char>(names_[i].text.front())].push_back(i);
  }
}

// A vocabulary may have hundreds of special tokens and a text seldom more than three: one pass
// finds those.
std::vector<const SpecialSplitter::Name*> SpecialSplitter::names_in(std::string_view text) const {
  std::vector<bool> seen(names_.size());
  bool any = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const std::size_t i : by_first_byte_[static_cast<unsigned char>(text[at])]) {
      if (seen[i] || !text.substr(at).starts_with(names_[i].text)) continue;
      seen[i] = any = true;
    }
  }
  std::vector<const Name*> found;
  for (std::size_t i = 0; any && i < names_.size(); ++i)
    if (seen[i]) found.push_back(&names_[i]);
  return found;
}

std::vector<SpecialSplitter::Fragment> SpecialSplitter::split(std::string_view text) const {
  std::vector<Fragment> fragments{{text, -1}};
  for (const Name* name : names_in(text)) {
    std::vector<Fragment> next;
    for (const Fragment& fragment : fragments) {
      std::string_view rest = fragment.text;
      while (fragment.token < 0) {
        const std::size_t at = rest.find(name->text);
        if (at == rest.npos) break;
        if (at > 0) next.push_back({rest.substr(0, at), -1});
        next.push_back({rest.substr(at, name->text.size()), name->token});
        rest.remove_prefix(at + name->text.size());
      }
      if (!rest.empty()) next.push_back({rest, fragment.token});
    }
    fragments = std::move(next);
  }
  return fragments;
}

}  // namespace diptych
