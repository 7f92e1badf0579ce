"""How a registry's word is folded before it is looked up: one rule for every vocabulary."""


def fold(words: str) -> str:
    """The words in lower case, underscores and runs of white space as one blank: "Not_Yet  X" is "not yet x"."""
    return " ".join(words.replace("_", " ").casefold().split())
