#include "text/chat/llama_sandbox.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "jinja/runtime.h"
#include "text/chat/llama_rewrite.h"

namespace diptych {
namespace {

constexpr std::size_t kTemplateBytesMax = std::size_t{512} << 10;
constexpr int kTagTokensMax = 4000;  // longest seen in a published template: a few hundred
constexpr int kBracketsMax = 64;
constexpr int kValueDepthMax = 128;
constexpr int kBlocksMax =
    200;  // open blocks, each elif counting as one: the parser recurses into both

// The interpreter calls our tree nodes with nothing of ours in hand, so the budget travels with the
// thread.
thread_local SandboxScope* current_scope = nullptr;

void require(bool condition, const char* message) {
  if (!condition) throw std::runtime_error(message);
}

// Follows the nesting of one template without recursion, so that the parser, which recurses, can be
// trusted with it.
class NestingCheck {
 public:
  explicit NestingCheck(const std::vector<jinja::token>& tokens) : tokens_(tokens) {}

  void run() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      see(tokens_[i].t);
      if (tokens_[i].t == jinja::token::open_statement && i + 1 < tokens_.size())
        see_statement(i + 1);
    }
  }

 private:
  void see(jinja::token::type type) {
    using T = jinja::token;
    if (type == T::open_statement || type == T::open_expression) brackets_ = tokens_in_tag_ = 0;
    if (type == T::open_paren || type == T::open_square_bracket || type == T::open_curly_bracket)
      ++brackets_;
    if (type == T::close_paren || type == T::close_square_bracket || type == T::close_curly_bracket)
      --brackets_;
    require(++tokens_in_tag_ <= kTagTokensMax, "an expression is too long");
    require(brackets_ <= kBracketsMax, "brackets are nested too deep");
  }

  void see_statement(std::size_t name_index) {
    const std::string& name = tokens_[name_index].value;
    if (name == "elif" && !open_.empty()) {
      ++open_.back();
      ++depth_;
    } else if (name.starts_with("end") && name != "endgeneration" && !open_.empty()) {
      depth_ -= open_.back();
      open_.pop_back();
    } else if (opens_block(name_index)) {
      open_.push_back(1);
      ++depth_;
    }
    require(depth_ <= kBlocksMax, "blocks are nested too deep");
  }

  bool opens_block(std::size_t name_index) const {
    const std::string& name = tokens_[name_index].value;
    if (name != "set")
      return name == "if" || name == "for" || name == "macro" || name == "call" || name == "filter";
    for (std::size_t i = name_index; i < tokens_.size(); ++i) {  // {% set x %} … {% endset %}?
      if (tokens_[i].t == jinja::token::equals) return false;
      if (tokens_[i].t == jinja::token::close_statement) return true;
    }
    return false;
  }

  const std::vector<jinja::token>& tokens_;
  int tokens_in_tag_ = 0, brackets_ = 0, depth_ = 0;
  std::vector<int> open_;  // per open block: 1 + its elifs
};

}  // namespace

SandboxScope::SandboxScope(const SandboxLimits& limits)
    : limits_(limits),
      stack_base_(static_cast<const char*>(__builtin_frame_address(0))),
      outer_(std::exchange(current_scope, this)) {}

SandboxScope::~SandboxScope() { current_scope = outer_; }

SandboxScope& SandboxScope::current() {
  if (current_scope == nullptr) throw std::runtime_error("the template runs outside its sandbox");
  return *current_scope;
}

void SandboxScope::require(bool condition, const char* message) {
  if (exhausted_ == nullptr && !condition) exhausted_ = message;
  if (exhausted_ != nullptr) throw std::runtime_error(exhausted_);
}

void SandboxScope::count_step() {
  SandboxScope& scope = current();
  scope.require(++scope.steps_ <= scope.limits_.steps_max, "the template takes too many steps");
  const char* here = static_cast<const char*>(__builtin_frame_address(0));
  scope.require(static_cast<std::size_t>(scope.stack_base_ - here) <= scope.limits_.stack_bytes_max,
                "the template calls itself too deeply");
}

void SandboxScope::count_output(std::size_t bytes) {
  SandboxScope& scope = current();
  scope.require((scope.output_bytes_ += bytes) <= scope.limits_.output_bytes_max,
                "the template writes too much");
}

void SandboxScope::check_string(std::size_t bytes, std::size_t parts) {
  SandboxScope& scope = current();
  scope.require(bytes + parts * sizeof(jinja::string_part) <= scope.limits_.string_bytes_max,
                "the template builds a string that is too long");
}

void SandboxScope::check_depth(int depth, std::uint64_t containers) {
  SandboxScope& scope = current();
  scope.require(depth <= kValueDepthMax && containers <= scope.limits_.steps_max,
                "the template builds a value that is nested too deep");
}

void SandboxScope::check_count(std::uint64_t items) {
  SandboxScope& scope = current();
  scope.require(items <= scope.limits_.steps_max, "the template counts too far");
}

jinja::program parse_sandboxed(std::string& source) {
  if (source.size() > kTemplateBytesMax) throw std::runtime_error("the template is too long");
  jinja::lexer lexer;
  jinja::lexer_result lexed = lexer.tokenize(source);
  NestingCheck(lexed.tokens).run();
  jinja::program program = jinja::parse_from_tokens(lexed);
  source = std::move(lexed.source);
  rewrite_for_sandbox(program);
  return program;
}

}  // namespace diptych
