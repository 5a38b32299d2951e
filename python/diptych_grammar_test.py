"""The Python module over the built library, against a vocabulary of single bytes and a few words."""

import json
import unittest

from diptych_grammar import Constraint, GrammarError, Vocabulary

WORDS = [b'{"', b'":', b"true", b"}"]
END = 256 + len(WORDS)
VOCABULARY = Vocabulary([bytes([byte]) for byte in range(256)] + WORDS + [b"<end>"], special={END}, ends=[END])
SCHEMA = json.dumps({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": False})


class DiptychGrammarTest(unittest.TestCase):
    def matcher(self, **policy):
        return Constraint(VOCABULARY, "json_schema", SCHEMA, policy or None).matcher()

    def test_masks_lead_to_a_document(self):
        matcher = self.matcher(whitespace="none")
        self.assertEqual(sorted(matcher.allowed()), [ord("{"), 256])
        for token in [256, ord("o"), ord("k"), 257, 258]:
            self.assertIn(token, matcher.allowed())
            matcher.accept(token)
        self.assertFalse(matcher.may_end)
        matcher.accept(ord("}"))
        self.assertTrue(matcher.may_end)
        self.assertEqual(matcher.allowed(), [END])
        matcher.accept(END)
        self.assertTrue(matcher.ended)

    def test_states_are_values(self):
        matcher = self.matcher(whitespace="none")
        matcher.accept(256)
        fork = matcher.fork()
        fork.accept(ord("o"))
        self.assertEqual(matcher.forced_bytes, b'ok":')
        self.assertEqual(fork.forced_bytes, b'k":')
        fork.rollback(2)
        self.assertEqual(fork.mask(), self.matcher(whitespace="none").mask())
        self.assertEqual(matcher.count_accepted([ord("o"), ord("k"), ord("x")]), 2)

    def test_errors_say_what_and_where(self):
        with self.assertRaises(GrammarError) as caught:
            Constraint(VOCABULARY, "json_schema", '{"type": "nonsense"}')
        self.assertEqual(caught.exception.code, "malformed_schema")
        self.assertEqual(caught.exception.pointer, "/type")
        with self.assertRaises(GrammarError):
            Constraint(VOCABULARY, "poem")
        with self.assertRaises(GrammarError):
            self.matcher(order="alphabetical")
        with self.assertRaises(GrammarError):
            self.matcher().accept(ord("x"))
        with self.assertRaises(GrammarError):
            Vocabulary([b"a"], ends=[7])


if __name__ == "__main__":
    unittest.main()
