#include "store/sqlite/gallery_rows.h"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/rng.h"

namespace diptych::sqlite {
namespace {

constexpr std::size_t kWordsMax = 16;  // each number of words is a statement of its own
constexpr std::string_view kSelect =
    "SELECT gallery.id, jobs.id, gallery.owner, blob, content_type, gallery.model, prompt, "
    "infotext, seed, width, height, gallery.created_ms, size_bytes FROM gallery "
    "JOIN jobs ON jobs.number = gallery.job JOIN job_outputs USING (job, place)";

std::unexpected<Error> no_picture(std::string_view id, std::string param) {
  return fail(ErrorCode::kNotFound, fmt::format("There is no picture '{}'.", id), std::move(param));
}

GalleryRow read_row(const Statement& row) {
  return {.id = row.text(0),
          .job = row.text(1),
          .owner = row.text(2),
          .blob = row.text(3),
          .content_type = row.text(4),
          .model = row.text(5),
          .prompt = row.text(6),
          .infotext = row.text(7),
          .seed = row.integer(8),
          .width = static_cast<int>(row.integer(9)),
          .height = static_cast<int>(row.integer(10)),
          .created_ms = row.integer(11),
          .size_bytes = static_cast<std::uint64_t>(row.integer(12))};
}

std::string text_of(const Json& object, std::string_view name) {
  const Json& value = object[name];
  return value.is_string() ? value.as_string() : std::string();
}

std::int64_t integer_of(const Json& object, std::string_view name) {
  const Json& value = object[name];
  return value.is_int() ? value.as_int() : 0;
}

Json parse_or_null(std::string_view text) {
  auto json = parse_json(text);
  return json ? *std::move(json) : Json();
}

// Words as LIKE patterns; % and _ stand for themselves.
std::vector<std::string> patterns_of(std::string_view text) {
  std::vector<std::string> patterns;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) patterns.push_back("%" + word + "%");
    word.clear();
  };
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n') {
      flush();
      continue;
    }
    if (c == '%' || c == '_' || c == '\\') word += '\\';
    word += c;
  }
  flush();
  return patterns;
}

struct Condition {
  std::string sql;
  std::variant<std::string, std::int64_t> value;
};

Result<std::vector<Condition>> conditions_of(const GalleryFilter& filter) {
  std::vector<Condition> conditions;
  if (filter.owner) conditions.push_back({"gallery.owner = ?", *filter.owner});
  std::vector<std::string> patterns = patterns_of(filter.text);
  if (patterns.size() > kWordsMax)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("A search has {} words at most, not {}.", kWordsMax, patterns.size()),
                "text");
  for (std::string& pattern : patterns)
    conditions.push_back({"prompt LIKE ? ESCAPE '\\'", std::move(pattern)});
  if (!filter.model.empty()) conditions.push_back({"gallery.model = ?", filter.model});
  if (filter.seed) conditions.push_back({"seed = ?", *filter.seed});
  if (filter.after_ms) conditions.push_back({"gallery.created_ms > ?", *filter.after_ms});
  if (filter.before_ms) conditions.push_back({"gallery.created_ms < ?", *filter.before_ms});
  return conditions;
}

Result<std::int64_t> number_of(Connection& db, std::string_view id,
                               const std::optional<std::string>& owner) {
  TRY(auto select, db.prepare("SELECT number, owner FROM gallery WHERE id = ?"));
  TRY(const bool found, select.bind(id).step());
  if (!found || (owner && select.text(1) != *owner)) return no_picture(id, "after");
  return select.integer(0);
}

}  // namespace

Status add_to_gallery(Connection& db, const GalleryEntry& entry, const Clock& clock) {
  for (std::size_t i = 0; i < entry.outcome.outputs.size(); ++i) {
    const JobOutput& output = entry.outcome.outputs[i];
    if (!output.content_type.starts_with("image/")) continue;
    const Json metadata = parse_or_null(output.metadata);
    const std::string id = random_id("img_");
    const std::string prompt = text_of(metadata, "prompt");
    const std::string infotext = text_of(metadata, "infotext");
    TRY(auto insert, db.prepare("INSERT INTO gallery (id, job, place, owner, model, prompt, "
                                "infotext, seed, width, height, created_ms) "
                                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.bind(id).bind(entry.number).bind(static_cast<std::int64_t>(i));
    insert.bind(entry.job.spec.owner).bind(entry.job.spec.model).bind(prompt).bind(infotext);
    insert.bind(integer_of(metadata, "seed")).bind(integer_of(metadata, "width"));
    TRY_STATUS(insert.bind(integer_of(metadata, "height")).bind(clock.unix_ms()).run());
  }
  return {};
}

Result<GalleryRow> get_gallery_row(Connection& db, std::string_view id) {
  TRY(auto select, db.prepare(fmt::format("{} WHERE gallery.id = ?", kSelect)));
  TRY(const bool found, select.bind(id).step());
  if (!found) return no_picture(id, "image_id");
  return read_row(select);
}

Result<Listing<GalleryRow>> list_gallery(Connection& db, const GalleryFilter& filter,
                                         const Page& page) {
  TRY(std::vector<Condition> conditions, conditions_of(filter));
  if (!page.after.empty()) {
    TRY(const std::int64_t number, number_of(db, page.after, filter.owner));
    conditions.push_back({page.ascending ? "gallery.number > ?" : "gallery.number < ?", number});
  }
  std::string sql(kSelect);
  for (std::size_t i = 0; i < conditions.size(); ++i)
    sql += (i == 0 ? " WHERE " : " AND ") + conditions[i].sql;
  sql +=
      page.ascending ? " ORDER BY gallery.number LIMIT ?" : " ORDER BY gallery.number DESC LIMIT ?";
  TRY(auto select, db.prepare(sql));
  for (const Condition& condition : conditions)
    std::visit([&](const auto& value) { select.bind(value); }, condition.value);
  select.bind(std::int64_t{page.limit} + 1);  // one more tells whether there is more
  Listing<GalleryRow> listing;
  while (true) {
    TRY(const bool row, select.step());
    if (!row) return listing;
    if (std::cmp_equal(listing.rows.size(), page.limit)) {
      listing.has_more = true;
      return listing;
    }
    listing.rows.push_back(read_row(select));
  }
}

}  // namespace diptych::sqlite
