"""Phrase → the words it can begin with: only at those is its pattern tried.

Reads the notation of `phrases` and `variables.csv`: letters, groups, classes, repetitions, looks ahead and behind. What is
not understood exactly is read as more than it says, never as less: a beginning too many costs a try, one too few a limit.
"""

import re

_CLASS = re.compile(r"\[\^?(?:\\.|[^\]\\])*\]")
_RANGE = re.compile(r"[a-z]-[a-z]")
_LOOK = re.compile(r"\(\?<?[=!]")


class Beginnings:
    """`words` are the runs of letters that a phrase can begin with; `stems` those that may go on with any letters."""

    def __init__(self, phrase: str) -> None:
        self.words: set[str] = set()
        self.stems: set[str] = set()
        self._phrase = phrase
        self._at = 0
        self._ended(self._alternatives({""}))

    def _ended(self, runs: set[str]) -> None:
        self.words |= runs - {""}

    def _alternatives(self, runs: set[str]) -> set[str]:
        """Return the runs that are still letters alone where the alternatives end, `runs` being those before them."""
        found: set[str] = set()
        while True:
            now = runs
            while self._at < len(self._phrase) and self._phrase[self._at] not in "|)":
                now = self._element(now)
            found |= now
            if self._at >= len(self._phrase) or self._phrase[self._at] == ")":
                return found
            self._at += 1

    def _element(self, runs: set[str]) -> set[str]:
        start = self._at
        if look := _LOOK.match(self._phrase, start):
            self._at = look.end()
            kept = self.words.copy(), self.stems.copy()
            self._alternatives(set())
            self.words, self.stems = kept
            self._at += 1
            return runs
        sign = self._phrase[start]
        if sign == "(":
            self._at += 3
            after = self._alternatives(runs)
            self._at += 1
        elif sign == "[":
            match = _CLASS.match(self._phrase, start)
            self._at = match.end() if match else len(self._phrase)
            after = self._members(runs, self._phrase[start + 1 : self._at - 1])
        elif sign == "\\":
            self._at += 2
            letter = self._phrase[start + 1]
            if letter == "b":
                return runs
            self.stems |= runs if letter == "w" else set()
            self._ended(runs)
            after = set()
        else:
            self._at += 1
            after = self._members(runs, sign)
        return self._repeated(runs, after)

    def _members(self, runs: set[str], members: str) -> set[str]:
        letters = {sign for sign in members if "a" <= sign <= "z"}
        if members[0] == "^" or _RANGE.search(members):
            self.stems |= runs
            letters.clear()
        if len(letters) < len(members):
            self._ended(runs)
        return {run + letter for run in runs for letter in letters}

    def _repeated(self, runs: set[str], after: set[str]) -> set[str]:
        sign = self._phrase[self._at : self._at + 1]
        if not sign or sign not in "?*+{":
            return after
        self._at = self._phrase.index("}", self._at) + 1 if sign == "{" else self._at + 1
        if sign != "?":
            self.stems |= after - runs
        return after if sign == "+" else after | runs
