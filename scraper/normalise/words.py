"""How a registry's word is folded before it is looked up: one rule for every vocabulary."""

WORDS_KEPT = 1 << 14
"""Readings that a concept remembers: registries say the same few words, and the same days, half a million times.
Words that cannot be read are not remembered."""


def fold(words: str) -> str:
    """The words in lower case, underscores and runs of white space as one blank: "Not_Yet  X" is "not yet x"."""
    return " ".join(words.replace("_", " ").casefold().split())
