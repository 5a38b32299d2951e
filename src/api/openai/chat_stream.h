#pragma once
// A chat answer as server-sent events. Per choice: role, pieces, finish; then usage if asked, then
// [DONE].

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/openai/chat_run.h"

namespace diptych::openai {

struct ChunkChoice;  // chat_json.h

class ChatStream final : public ChunkSource {
 public:
  explicit ChatStream(std::unique_ptr<ChatRun> run);

  void on_ready(std::function<void()> wake) override { run_->on_ready(std::move(wake)); }
  ChunkState poll(std::string& out) override;

 private:
  void write_news(std::string& out, ChatNews news);
  void write_piece(std::string& out, int choice, const ChoicePiece& piece);
  void write_finish(std::string& out, int choice);
  void write_choice(std::string& out, const ChunkChoice& choice, std::string_view more = {});
  ChunkState write_end(std::string& out);

  std::unique_ptr<ChatRun> run_;
  std::string head_, tail_;         // of every chunk
  std::vector<bool> opened_;        // choices whose role was sent
  std::optional<int> last_choice_;  // its finish is still to be told
  std::size_t finished_ = 0;        // choices
  bool ended_ = false;              // an error or [DONE] was sent
};

}  // namespace diptych::openai
