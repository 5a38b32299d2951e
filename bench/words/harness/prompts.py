"""Prompts of an exact token count that share nothing but the chat template's head."""

import random

# Each is one token of the default model's vocabulary, at the start of a text and after a space.
WORDS = """
time year people way day man thing woman life child world school state family student group country problem hand part
place case week company system program question work government number night point home water room mother area money
story fact month lot right study book eye job word business issue side kind head house service friend father power
hour game line end member law car city community name president team minute idea body information back parent face
others level office door health person art war history party result change morning reason research girl guy moment
air teacher force education foot boy age policy music human market sense nation plan college interest death experience
effect use class control field development role effort rate heart drug show leader light voice wife police mind price
""".split()


def salad(words, seed):
    """`words` words in an order that depends on the seed only."""
    source = random.Random(seed)
    return " ".join(source.choice(WORDS) for _ in range(words))


class PromptMaker:
    """Makes prompts of a given number of tokens, template included, each different from all before."""

    def __init__(self, head_tokens, seed=1):
        self.head_tokens = head_tokens
        self._next_seed = seed * 1_000_003

    def make(self, tokens):
        self._next_seed += 1
        return salad(max(1, tokens - self.head_tokens), self._next_seed)
