"""The shared library's functions, typed; see diptych_grammar.h for what they do."""

import ctypes
import json
import os
import pathlib

_POINTER, _SIZE, _TEXT = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
_IDS = ctypes.POINTER(ctypes.c_int32)
_ERROR = ctypes.POINTER(ctypes.c_void_p)


class GrammarError(ValueError):
    """What was refused: code, keyword, pointer, message and hint."""

    def __init__(self, code, keyword, pointer, message, hint):
        super().__init__(f"{code}: {message}" + (f" (at {pointer})" if pointer else ""))
        self.code, self.keyword, self.pointer, self.message, self.hint = code, keyword, pointer, message, hint


class Tokens(ctypes.Structure):  # dg_tokens
    _fields_ = [
        ("bytes", ctypes.c_char_p),
        ("lengths", ctypes.POINTER(ctypes.c_uint32)),
        ("special", ctypes.c_char_p),
        ("count", _SIZE),
        ("ends", _IDS),
        ("end_count", _SIZE),
        ("store_bytes_max", _SIZE),
    ]


_SIGNATURES = {
    "dg_vocabulary_new": (_POINTER, [ctypes.POINTER(Tokens), _ERROR]),
    "dg_vocabulary_free": (None, [_POINTER]),
    "dg_vocabulary_mask_words": (_SIZE, [_POINTER]),
    "dg_compile": (_POINTER, [_POINTER, _TEXT, _TEXT, _TEXT, _ERROR]),
    "dg_constraint_free": (None, [_POINTER]),
    "dg_constraint_warnings": (_POINTER, [_POINTER]),
    "dg_constraint_stats": (_POINTER, [_POINTER]),
    "dg_matcher_new": (_POINTER, [_POINTER]),
    "dg_matcher_fork": (_POINTER, [_POINTER]),
    "dg_matcher_free": (None, [_POINTER]),
    "dg_matcher_copy_mask": (ctypes.c_int, [_POINTER, _POINTER, _ERROR]),
    "dg_matcher_accept": (ctypes.c_int, [_POINTER, ctypes.c_int32, _ERROR]),
    "dg_matcher_count_accepted": (_SIZE, [_POINTER, _IDS, _SIZE]),
    "dg_matcher_rollback": (ctypes.c_int, [_POINTER, _SIZE, _ERROR]),
    "dg_matcher_may_end": (ctypes.c_int, [_POINTER]),
    "dg_matcher_ended": (ctypes.c_int, [_POINTER]),
    "dg_matcher_forced_bytes": (_POINTER, [_POINTER, ctypes.POINTER(_SIZE)]),
    "dg_matcher_forced_tokens": (_SIZE, [_POINTER, _IDS, _SIZE]),
    "dg_matcher_limit_tokens": (None, [_POINTER, _SIZE]),
    "dg_text_free": (None, [_POINTER]),
}


def _load():
    beside = pathlib.Path(__file__).with_name("libdiptych_grammar.so")
    path = os.environ.get("DIPTYCH_GRAMMAR_LIBRARY") or (str(beside) if beside.exists() else "libdiptych_grammar.so")
    library = ctypes.CDLL(path)
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


LIBRARY = _load()


def take_bytes(pointer, size=None):
    """The text at `pointer` as bytes; the library's copy is given back."""
    text = ctypes.string_at(pointer) if size is None else ctypes.string_at(pointer, size)
    LIBRARY.dg_text_free(pointer)
    return text


def checked(function, *arguments):
    """Calls a function whose last parameter is char** error; raises what it reports."""
    error = ctypes.c_void_p()
    result = function(*arguments, ctypes.byref(error))
    if error.value:
        raise GrammarError(**json.loads(take_bytes(error.value)))
    return result


def ids(tokens):
    return (ctypes.c_int32 * len(tokens))(*tokens)
