#include "text/engine_script.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"

namespace diptych {
namespace {

std::uint64_t mix(std::uint64_t x) {  // splitmix64's finaliser (Steele et al. 2014)
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

ScriptVocabulary::ScriptVocabulary(const std::vector<std::string>& pieces) {
  for (int byte = 0; byte < 256; ++byte) {
    bytes_.emplace_back(1, static_cast<char>(byte));
    names_.push_back(fmt::format("<0x{:02X}>", byte));
  }
  for (const char* control : {"<|end|>", "<|control|>"}) {
    bytes_.emplace_back();
    names_.emplace_back(control);
  }
  for (const std::string& piece : pieces) {
    bytes_.push_back(piece);
    names_.push_back(piece);
  }
}

std::vector<TokenId> ScriptVocabulary::tokenize(std::string_view text, SpecialTokens special,
                                                BosPolicy) const {
  std::vector<TokenId> tokens;
  while (!text.empty()) {
    bool parsed = false;
    for (TokenId control : {kEndToken, kControlToken}) {
      const std::string& name = name_of(control);
      if (special != SpecialTokens::kParse || !text.starts_with(name)) continue;
      tokens.push_back(control);
      text.remove_prefix(name.size());
      parsed = true;
    }
    if (parsed) continue;
    tokens.push_back(static_cast<unsigned char>(text.front()));
    text.remove_prefix(1);
  }
  return tokens;
}

const std::string& ScriptVocabulary::bytes_of(TokenId token) const {
  return bytes_.at(static_cast<std::size_t>(token));
}

const std::string& ScriptVocabulary::name_of(TokenId token) const {
  return names_.at(static_cast<std::size_t>(token));
}

struct ScriptEngine::Cell {
  Cell(TokenId id, std::uint64_t previous, std::shared_ptr<int> count)
      : token(id), history(mix(previous ^ mix(static_cast<std::uint64_t>(id)))), used(count) {
    ++*used;
  }
  ~Cell() { --*used; }
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  TokenId token;
  std::uint64_t history;  // hash of this and all earlier tokens of the sequence
  std::shared_ptr<int> used;
};

ScriptEngine::ScriptEngine(EngineScript script)
    : script_(std::move(script)),
      vocabulary_(script_.pieces),
      sequences_(static_cast<std::size_t>(script_.limits.sequence_count)) {}

Status ScriptEngine::step(std::span<const BatchToken> batch, std::stop_token stop) {
  TRY_STATUS(check(batch));
  const int step = step_count_++;
  if (script_.wait)
    script_.wait(script_.step_latency + script_.token_latency * static_cast<int>(batch.size()));
  if (script_.during_step) script_.during_step(step);
  if (auto fault = script_.faults.find(step); fault != script_.faults.end()) {
    if (fault->second == ErrorCode::kCancelled)
      for (std::size_t i = 0; i < batch.size() / 2; ++i)
        append(batch[i]);  // "undefined": half done
    return fail(fault->second, fmt::format("scripted fault at step {}", step));
  }
  if (*cells_used_ + static_cast<int>(batch.size()) > script_.limits.cell_count)
    return fail(ErrorCode::kOverloaded, "no room for the new positions");
  if (stop.stop_requested()) {
    for (std::size_t i = 0; i < batch.size() / 2; ++i) append(batch[i]);
    return fail(ErrorCode::kCancelled, "stopped early");
  }
  logits_.assign(batch.size(), {});
  for (std::size_t i = 0; i < batch.size(); ++i) {
    append(batch[i]);
    if (batch[i].wants_logits)
      fill_logits(sequences_[static_cast<std::size_t>(batch[i].sequence)], logits_[i]);
  }
  token_count_ += static_cast<std::int64_t>(batch.size());
  batch_sizes_.push_back(static_cast<int>(batch.size()));
  return {};
}

Status ScriptEngine::check(std::span<const BatchToken> batch) const {
  if (batch.empty()) return fail(ErrorCode::kInternal, "empty batch");
  if (static_cast<int>(batch.size()) > script_.limits.step_token_count)
    return fail(ErrorCode::kInternal, fmt::format("batch of {} tokens", batch.size()));
  std::map<SequenceId, int> length;
  for (const BatchToken& item : batch) {
    if (item.token < 0 || item.token >= vocabulary_.size())
      return fail(ErrorCode::kInternal, fmt::format("no token {}", item.token));
    if (item.sequence < 0 || item.sequence >= script_.limits.sequence_count)
      return fail(ErrorCode::kInternal, fmt::format("no sequence {}", item.sequence));
    const auto& cells = sequences_[static_cast<std::size_t>(item.sequence)];
    auto [at, added] = length.try_emplace(item.sequence, static_cast<int>(cells.size()));
    if (item.position != at->second || item.position >= script_.limits.context_length)
      return fail(ErrorCode::kInternal, fmt::format("sequence {} has {} positions, got position {}",
                                                    item.sequence, at->second, item.position));
    ++at->second;
  }
  return {};
}

void ScriptEngine::append(const BatchToken& item) {
  Cells& cells = sequences_[static_cast<std::size_t>(item.sequence)];
  const std::uint64_t previous = cells.empty() ? script_.seed : cells.back()->history;
  cells.push_back(std::make_shared<Cell>(item.token, previous, cells_used_));
}

void ScriptEngine::fill_logits(const Cells& cells, std::vector<float>& out) const {
  const std::uint64_t history = cells.back()->history;
  out.resize(static_cast<std::size_t>(vocabulary_.size()));
  for (std::size_t token = 0; token < out.size(); ++token)
    out[token] = static_cast<float>(mix(history ^ (token << 32)) >> 40) / 16777216.0F * 8 - 4;
  if (!script_.next) {
    out[static_cast<std::size_t>(ScriptVocabulary::kEndToken)] = -20;
    return;
  }
  std::vector<TokenId> tokens;
  for (const auto& cell : cells) tokens.push_back(cell->token);
  out.at(static_cast<std::size_t>(script_.next(tokens))) = 40;
}

std::span<const float> ScriptEngine::logits(int batch_index) const {
  const auto& row = logits_.at(static_cast<std::size_t>(batch_index));
  CHECK(!row.empty());
  return row;
}

Status ScriptEngine::fork(SequenceId from, SequenceId to, int position_count) {
  const Cells& source = sequences_.at(static_cast<std::size_t>(from));
  Cells& target = sequences_.at(static_cast<std::size_t>(to));
  if (!target.empty()) return fail(ErrorCode::kInternal, "fork into a sequence that is not empty");
  if (position_count < 0 || position_count > static_cast<int>(source.size()))
    return fail(ErrorCode::kInternal, fmt::format("fork of {} positions", position_count));
  if (!script_.rolls_back && position_count != static_cast<int>(source.size()))
    return fail(ErrorCode::kUnsupported, "this model cannot share a part of a sequence");
  target.assign(source.begin(), source.begin() + position_count);
  return {};
}

Status ScriptEngine::truncate(SequenceId sequence, int position_count) {
  Cells& cells = sequences_.at(static_cast<std::size_t>(sequence));
  if (position_count < 0 || position_count > static_cast<int>(cells.size()))
    return fail(ErrorCode::kInternal, fmt::format("truncate to {} positions", position_count));
  if (position_count == static_cast<int>(cells.size())) return {};
  if (!script_.rolls_back && position_count != 0)
    return fail(ErrorCode::kUnsupported, "this model cannot roll back");
  cells.resize(static_cast<std::size_t>(position_count));
  return {};
}

Result<std::string> ScriptEngine::save(SequenceId sequence) {
  std::string saved;
  for (TokenId token : tokens_of(sequence)) saved += fmt::format("{} ", token);
  return saved;
}

Status ScriptEngine::restore(SequenceId sequence, std::string_view saved) {
  Cells& cells = sequences_.at(static_cast<std::size_t>(sequence));
  if (!cells.empty())
    return fail(ErrorCode::kInternal, "restore into a sequence that is not empty");
  TokenId token = 0;
  for (char c : saved) {
    if (c != ' ') {
      token = token * 10 + (c - '0');
      continue;
    }
    append({.token = token, .sequence = sequence});
    token = 0;
  }
  return {};
}

std::vector<TokenId> ScriptEngine::tokens_of(SequenceId sequence) const {
  std::vector<TokenId> tokens;
  for (const auto& cell : sequences_.at(static_cast<std::size_t>(sequence)))
    tokens.push_back(cell->token);
  return tokens;
}

}  // namespace diptych
