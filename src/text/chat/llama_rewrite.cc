#include "text/chat/llama_rewrite.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "jinja/runtime.h"
#include "text/chat/llama_sandbox.h"

namespace diptych {
namespace {

using jinja::statement_ptr;
using jinja::value;

struct StepCounter final : jinja::statement {
  value execute_impl(jinja::context&) const override {
    SandboxScope::count_step();
    return jinja::mk_val<jinja::value_undefined>();
  }
};

struct Emitted final : jinja::statement {  // {{ expression }} or plain text
  statement_ptr inner;
  explicit Emitted(statement_ptr expression) : inner(std::move(expression)) {}
  value execute_impl(jinja::context& context) const override {
    value text = inner->execute(context);
    if (jinja::is_val<jinja::value_string>(text))
      SandboxScope::count_output(text->val_str.length());
    return text;
  }
};

std::size_t string_size(const value& v) {
  return jinja::is_val<jinja::value_string>(v) ? v->val_str.length() : 0;
}

// Throws when containers nest too deep or hold themselves: printing or freeing them would overflow
// the stack.
class DepthCheck {
 public:
  void visit(const value& v, int depth = 0) {
    if (!v || (v->val_arr.empty() && v->val_obj.empty())) return;
    SandboxScope::check_depth(depth, ++containers_);
    for (const value& item : v->val_arr) visit(item, depth + 1);
    for (const auto& [key, item] : v->val_obj) visit(item, depth + 1);
  }

 private:
  std::uint64_t containers_ = 0;
};

struct CheckedSet final : jinja::set_statement {
  using set_statement::set_statement;
  value execute_impl(jinja::context& context) const override {
    value done = set_statement::execute_impl(context);
    const auto* member = jinja::cast_stmt<jinja::member_expression>(assignee);
    const statement_ptr& changed = member != nullptr ? member->object : assignee;
    DepthCheck().visit(changed->execute(context));
    return done;
  }
};

struct CheckedAppend final : jinja::call_expression {  // list.append(…)
  using call_expression::call_expression;
  value execute_impl(jinja::context& context) const override {
    value done = call_expression::execute_impl(context);
    if (const auto* member = jinja::cast_stmt<jinja::member_expression>(callee))
      DepthCheck().visit(member->object->execute(context));
    return done;
  }
};

struct Holder final : jinja::expression {  // an operand that is already known
  value held;
  explicit Holder(value v) : held(std::move(v)) {}
  value execute_impl(jinja::context&) const override { return held; }
};

struct CheckedBinary final : jinja::binary_expression {
  using binary_expression::binary_expression;
  value execute_impl(jinja::context& context) const override {
    value a = left->execute(context), b = right->execute(context);
    const std::size_t size = string_size(a) + string_size(b);
    const std::size_t parts = a->val_str.parts.size() + b->val_str.parts.size();
    std::size_t times = 1;
    if (op.value == "*" && size > 0) {
      const value& count = string_size(a) > 0 ? b : a;
      const auto asked = jinja::is_val<jinja::value_int>(count) ? count->as_int() : 0;
      times = asked > 0 ? static_cast<std::size_t>(asked) : 0;
      SandboxScope::check_count(times);
    }
    SandboxScope::check_string(size * times, parts * times);
    return jinja::binary_expression(op, std::make_unique<Holder>(std::move(a)),
                                    std::make_unique<Holder>(std::move(b)))
        .execute_impl(context);
  }
};

value checked_range(const jinja::func_args& args) {
  args.ensure_count(1, 3);
  std::int64_t bounds[3] = {0, 0, 1};  // start, stop, step
  for (std::size_t i = 0; i < args.count(); ++i) bounds[i] = args.get_pos(i)->as_int();
  if (args.count() == 1) std::swap(bounds[0], bounds[1]);
  const double span = static_cast<double>(bounds[1]) - static_cast<double>(bounds[0]);
  const double count = bounds[2] == 0 ? 0 : span / static_cast<double>(bounds[2]);
  if (count > 0) SandboxScope::check_count(static_cast<std::uint64_t>(std::min(count, 1e18)));
  return jinja::global_builtins().at("range")(args);
}

struct CheckedRange final : jinja::identifier {
  using identifier::identifier;
  value execute_impl(jinja::context& context) const override {
    value own = context.get_val(val);  // a variable of that name hides the function
    if (!own->is_undefined()) return own;
    return jinja::mk_val<jinja::value_func>(val, checked_range);
  }
};

struct MarkedFilter final : jinja::filter_expression {
  using filter_expression::filter_expression;
  value execute_impl(jinja::context& context) const override {
    value text = filter_expression::execute_impl(context);
    if (auto* marked = jinja::cast_val<jinja::value_string>(text)) marked->mark_input();
    return text;
  }
};

void rewrite(statement_ptr& node);

void rewrite(jinja::statements& nodes) {
  for (statement_ptr& node : nodes) rewrite(node);
}

void rewrite_body(jinja::statements& body) {
  rewrite(body);
  for (statement_ptr& node : body) {
    if (dynamic_cast<jinja::expression*>(node.get()) == nullptr) continue;
    const std::size_t pos = node->pos;
    node = std::make_unique<Emitted>(std::move(node));
    node->pos = pos;
  }
}

void rewrite_counted(jinja::statements& body) {
  rewrite_body(body);
  auto counter = std::make_unique<StepCounter>();
  counter->pos = 0;
  jinja::statements counted;
  counted.reserve(body.size() + 1);
  counted.push_back(std::move(counter));
  for (statement_ptr& node : body) counted.push_back(std::move(node));
  body = std::move(counted);
}

bool is_tojson(const statement_ptr& filter) {
  if (const auto* name = jinja::cast_stmt<jinja::identifier>(filter)) return name->val == "tojson";
  if (const auto* call = jinja::cast_stmt<jinja::call_expression>(filter))
    return is_tojson(call->callee);
  return false;
}

template <class Replacement, class... Args>
void replace(statement_ptr& node, Args&&... args) {
  const std::size_t pos = node->pos;
  node = std::make_unique<Replacement>(std::forward<Args>(args)...);
  node->pos = pos;
}

bool is_append(const jinja::call_expression& call) {
  const auto* member = jinja::cast_stmt<jinja::member_expression>(call.callee);
  if (member == nullptr) return false;
  if (member->computed) return true;  // list["append"]
  const auto* name = jinja::cast_stmt<jinja::identifier>(member->property);
  return name != nullptr && name->val == "append";
}

bool rewrite_block(jinja::statement* node) {
  if (auto* s = dynamic_cast<jinja::if_statement*>(node)) {
    rewrite(s->test), rewrite_body(s->body), rewrite_body(s->alternate);
  } else if (auto* f = dynamic_cast<jinja::for_statement*>(node)) {
    rewrite(f->iterable), rewrite_counted(f->body), rewrite_body(f->default_block);
  } else if (auto* m = dynamic_cast<jinja::macro_statement*>(node)) {
    rewrite(m->args), rewrite_counted(m->body);
  } else if (auto* c = dynamic_cast<jinja::call_statement*>(node)) {
    rewrite(c->call), rewrite(c->caller_args), rewrite_counted(c->body);
  } else if (auto* filter = dynamic_cast<jinja::filter_statement*>(node)) {
    rewrite_body(filter->body);
  } else {
    return false;
  }
  return true;
}

bool rewrite_collection(jinja::statement* node) {
  if (auto* array = dynamic_cast<jinja::array_literal*>(node)) {
    rewrite(array->val);
  } else if (auto* tuple = dynamic_cast<jinja::tuple_literal*>(node)) {
    rewrite(tuple->val);
  } else if (auto* object = dynamic_cast<jinja::object_literal*>(node)) {
    for (auto& [key, item] : object->val) rewrite(key), rewrite(item);
  } else if (auto* slice = dynamic_cast<jinja::slice_expression*>(node)) {
    rewrite(slice->start_expr), rewrite(slice->stop_expr), rewrite(slice->step_expr);
  } else {
    return false;
  }
  return true;
}

void rewrite_expression(statement_ptr& owner) {
  jinja::statement* node = owner.get();
  if (auto* member = dynamic_cast<jinja::member_expression*>(node)) {
    rewrite(member->object);
    if (member->computed) rewrite(member->property);
  } else if (auto* call = dynamic_cast<jinja::call_expression*>(node)) {
    rewrite(call->callee), rewrite(call->args);
    if (is_append(*call))
      replace<CheckedAppend>(owner, std::move(call->callee), std::move(call->args));
  } else if (auto* binary = dynamic_cast<jinja::binary_expression*>(node)) {
    rewrite(binary->left), rewrite(binary->right);
    if (binary->op.value == "*" || binary->op.value == "+" || binary->op.value == "~")
      replace<CheckedBinary>(owner, binary->op, std::move(binary->left), std::move(binary->right));
  } else if (auto* filter = dynamic_cast<jinja::filter_expression*>(node)) {
    rewrite(filter->operand);
    if (is_tojson(filter->filter))
      replace<MarkedFilter>(owner, std::move(filter->operand), std::move(filter->filter));
    else if (auto* with = dynamic_cast<jinja::call_expression*>(filter->filter.get()))
      rewrite(with->args);
  } else if (auto* select = dynamic_cast<jinja::select_expression*>(node)) {
    rewrite(select->lhs), rewrite(select->test);
  } else if (auto* test = dynamic_cast<jinja::test_expression*>(node)) {
    rewrite(test->operand);
  } else if (auto* unary = dynamic_cast<jinja::unary_expression*>(node)) {
    rewrite(unary->argument);
  } else if (auto* keyword = dynamic_cast<jinja::keyword_argument_expression*>(node)) {
    rewrite(keyword->val);
  } else if (auto* ternary = dynamic_cast<jinja::ternary_expression*>(node)) {
    rewrite(ternary->condition), rewrite(ternary->true_expr), rewrite(ternary->false_expr);
  } else if (auto* name = dynamic_cast<jinja::identifier*>(node); name && name->val == "range") {
    replace<CheckedRange>(owner, name->val);
  }
}

void rewrite_set(statement_ptr& owner) {
  auto& set = dynamic_cast<jinja::set_statement&>(*owner);
  rewrite(set.val), rewrite_body(set.body);
  if (set.val)
    replace<CheckedSet>(owner, std::move(set.assignee), std::move(set.val), std::move(set.body));
}

void rewrite(statement_ptr& node) {
  if (!node) return;
  if (dynamic_cast<jinja::set_statement*>(node.get()) != nullptr) return rewrite_set(node);
  if (rewrite_block(node.get()) || rewrite_collection(node.get())) return;
  rewrite_expression(node);
}

}  // namespace

void rewrite_for_sandbox(jinja::program& program) { rewrite_body(program.body); }

}  // namespace diptych
