"""Vocabulary, Constraint and Matcher."""

import ctypes
import json

from diptych_grammar.library import LIBRARY, Tokens, checked, ids, take_bytes


class _Owned:
    """An object of the library, given back when Python lets go of it."""

    _free = None

    def __init__(self, pointer):
        self._pointer = pointer

    def __del__(self):
        if getattr(self, "_pointer", None):
            type(self)._free(self._pointer)
            self._pointer = None


class Vocabulary(_Owned):
    """tokens: the bytes of each id. special: ids of control tokens. ends: ids that end a text."""

    _free = LIBRARY.dg_vocabulary_free

    def __init__(self, tokens, *, ends, special=(), store_bytes_max=0):
        flags = bytearray(len(tokens))
        for token in special:
            flags[token] = 1
        source = Tokens(
            bytes=b"".join(tokens),
            lengths=(ctypes.c_uint32 * len(tokens))(*map(len, tokens)),
            special=bytes(flags),
            count=len(tokens),
            ends=ids(list(ends)),
            end_count=len(ends),
            store_bytes_max=store_bytes_max,
        )
        super().__init__(checked(LIBRARY.dg_vocabulary_new, ctypes.byref(source)))
        self.size = len(tokens)
        self.mask_words = LIBRARY.dg_vocabulary_mask_words(self._pointer)


class Constraint(_Owned):
    """A grammar that text must match. kind: json_schema, json_object, regex, gbnf, lark, choice,
    structural_tag. policy: a dict of order, additional, whitespace, escapes, numbers, formats,
    unknown_keywords. GrammarError when anything in it cannot be enforced."""

    _free = LIBRARY.dg_constraint_free

    def __init__(self, vocabulary, kind, text="", policy=None):
        super().__init__(
            checked(
                LIBRARY.dg_compile,
                vocabulary._pointer,
                kind.encode(),
                text.encode(),
                None if policy is None else json.dumps(policy).encode(),
            )
        )
        self.vocabulary = vocabulary

    @property
    def warnings(self):
        return json.loads(take_bytes(LIBRARY.dg_constraint_warnings(self._pointer)))

    @property
    def stats(self):
        return json.loads(take_bytes(LIBRARY.dg_constraint_stats(self._pointer)))

    def matcher(self):
        return Matcher(LIBRARY.dg_matcher_new(self._pointer), self)


class Matcher(_Owned):
    """One text in the making."""

    _free = LIBRARY.dg_matcher_free

    def __init__(self, pointer, constraint):
        super().__init__(pointer)
        self.constraint = constraint
        self._words = (ctypes.c_uint32 * constraint.vocabulary.mask_words)()

    def fork(self):
        return Matcher(LIBRARY.dg_matcher_fork(self._pointer), self.constraint)

    def fill_mask(self, address):
        """Writes the mask (uint32 words, bit t % 32 of word t // 32) to memory at `address`."""
        checked(LIBRARY.dg_matcher_copy_mask, self._pointer, address)

    def mask(self):
        """The mask as little-endian bytes."""
        self.fill_mask(ctypes.addressof(self._words))
        return bytes(self._words)

    def allowed(self):
        """The ids that may come now, ascending."""
        bits = int.from_bytes(self.mask(), "little")
        return [token for token in range(self.constraint.vocabulary.size) if bits >> token & 1]

    def accept(self, token):
        """GrammarError when the token may not come now; the state is then unchanged."""
        checked(LIBRARY.dg_matcher_accept, self._pointer, token)

    def count_accepted(self, tokens):
        return LIBRARY.dg_matcher_count_accepted(self._pointer, ids(tokens), len(tokens))

    def rollback(self, token_count):
        checked(LIBRARY.dg_matcher_rollback, self._pointer, token_count)

    def limit_tokens(self, token_count_max):
        LIBRARY.dg_matcher_limit_tokens(self._pointer, token_count_max)

    @property
    def may_end(self):
        return bool(LIBRARY.dg_matcher_may_end(self._pointer))

    @property
    def ended(self):
        return bool(LIBRARY.dg_matcher_ended(self._pointer))

    @property
    def forced_bytes(self):
        size = ctypes.c_size_t()
        return take_bytes(LIBRARY.dg_matcher_forced_bytes(self._pointer, ctypes.byref(size)), size.value)

    @property
    def forced_tokens(self):
        count = LIBRARY.dg_matcher_forced_tokens(self._pointer, None, 0)
        tokens = (ctypes.c_int32 * count)()
        LIBRARY.dg_matcher_forced_tokens(self._pointer, tokens, count)
        return list(tokens)
