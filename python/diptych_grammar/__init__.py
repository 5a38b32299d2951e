"""Constrained decoding: grammars compiled against a vocabulary, token masks, roll-back, forks.

    vocabulary = Vocabulary([b"a", b"b", b"<end>"], special={2}, ends=[2])
    constraint = Constraint(vocabulary, "regex", "(ab)*")
    matcher = constraint.matcher()
    matcher.allowed()        # [0, 2]
    matcher.accept(0)

A thin layer over libdiptych_grammar.so, which is looked for at DIPTYCH_GRAMMAR_LIBRARY, beside this
file, and where the loader looks. No dependencies.
"""

from diptych_grammar.library import GrammarError
from diptych_grammar.objects import Constraint, Matcher, Vocabulary

__all__ = ["Constraint", "GrammarError", "Matcher", "Vocabulary"]
