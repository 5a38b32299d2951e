#pragma once
// The drafts' own schemas for schemas, and their vocabularies: built in, as nothing is ever
// fetched.

#include <span>
#include <string_view>

namespace diptych::grammar {

struct MetaSchema {
  std::string_view uri;  // without a fragment
  std::string_view text;
};

const MetaSchema* find_meta_schema(std::string_view uri);  // nullptr: none of ours

std::span<const MetaSchema> meta_schemas_drafts();
std::span<const MetaSchema> meta_schemas_2019();
std::span<const MetaSchema> meta_schemas_2020();

}  // namespace diptych::grammar
