#pragma once
// The tree rewriting of llama_sandbox.h.

namespace jinja {
struct program;
}

namespace diptych {

// Every loop round, macro call and call block counts a step; "*", "+" and "~" on strings and
// range() check their size first; the output of the tojson filter keeps the mark of message text,
// which the interpreter drops.
void rewrite_for_sandbox(jinja::program& program);

}  // namespace diptych
