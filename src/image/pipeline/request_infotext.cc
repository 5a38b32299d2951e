#include "image/pipeline/request_infotext.h"

#include <algorithm>

#include <fmt/format.h>

#include "image/pipeline/infotext_rows.h"

namespace diptych {
namespace {

template <class Visit>
void for_each_row(Visit&& visit) {
  for (const auto& rows : {sampling_infotext_rows(), init_infotext_rows(), hires_infotext_rows(),
                           other_infotext_rows()})
    for (const InfotextRow& row : rows) visit(row);
}

}  // namespace

Infotext to_infotext(const ImageRequest& request, const DrawnFacts& facts) {
  Infotext text;
  text.prompt = request.prompt;
  text.negative = request.negative_prompt;
  for_each_row([&](const InfotextRow& row) {
    if (row.write != nullptr) row.write({request, facts}, row.key, text);
  });
  return text;
}

Result<ReadRequest> from_infotext(const Infotext& infotext) {
  ReadRequest read;
  read.request.prompt = infotext.prompt;
  read.request.negative_prompt = infotext.negative;
  Status status;
  Infotext unknown = infotext;
  for_each_row([&](const InfotextRow& row) {
    if (status && row.read != nullptr) status = row.read(infotext, row.key, read.request);
    std::erase_if(unknown.parameters, [&](const InfotextEntry& entry) {
      Infotext one;
      one.parameters = {entry};
      return one.find(row.key) != nullptr;
    });
  });
  if (!status) return std::unexpected(status.error());
  for (const InfotextEntry& entry : unknown.parameters)
    read.warnings.push_back(
        {entry.key, fmt::format("'{}: {}' is not used", entry.key, entry.value)});
  return read;
}

}  // namespace diptych
