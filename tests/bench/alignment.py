"""How often a reworded criterion is found again: real texts, edits that are known.

    python -m tests.bench.alignment ../shared/data/bulk/ctgov-xml-5000.zip

Every text of four to sixty criteria gets edits drawn from a fixed seed: words left out, replaced or moved, numbers
changed, criteria removed, inserted and replaced by ones of another trial. `found` is the share of reworded criteria
paired with what they were, `false` the share of all pairs that join two criteria of different origin.
"""

import difflib
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from scraper import criteria, pipeline
from scraper.archive import formats
from scraper.archive.formats import SavedFile
from scraper.compare import alignment
from scraper.model import Criterion, Page, Version

TEXTS = 400
Text = Sequence[Criterion]


def texts(paths: Sequence[Path]) -> list[Text]:
    """The criteria of the first TEXTS records with a text of ordinary length."""
    found: list[Text] = []
    for path in paths:
        for file in formats.read(path):
            if not isinstance(file, SavedFile):
                continue
            page = Page(
                source="ctgov", url=file.path, body=file.body, fetched_at=file.saved_at, name=file.name
            )
            version = pipeline.read(page)
            if not isinstance(version, Version):
                continue
            rows = criteria.read(version.record.eligibility_criteria)
            if 4 <= len(rows) <= 60:
                found.append(rows)
            if len(found) == TEXTS:
                return found
    return found


def edited(
    text: Text, others: Sequence[Text], chance: random.Random, share: float
) -> list[tuple[Criterion, int]]:
    """The text after edits: each criterion with the index it had, -1 for a new one, -2 - index for a reworded one."""
    found: list[tuple[Criterion, int]] = []
    for n, row in enumerate(text):
        drawn = chance.random()
        if drawn < 0.05:
            continue
        if drawn < 0.10:
            found.append((_foreign(row, others, chance), -1))
        elif drawn < 0.35:
            words = _reworded(row.text, others, chance, share)
            found.append((msgspec.structs.replace(row, text=words), -2 - n))
        else:
            found.append((row, n))
        if chance.random() < 0.05:
            found.append((_foreign(row, others, chance), -1))
    return [(msgspec.structs.replace(row, position=n), origin) for n, (row, origin) in enumerate(found)]


def _foreign(row: Criterion, others: Sequence[Text], chance: random.Random) -> Criterion:
    other = chance.choice(chance.choice(others))
    return msgspec.structs.replace(other, kind=row.kind)


def _reworded(text: str, others: Sequence[Text], chance: random.Random, share: float) -> str:
    strange = chance.choice(chance.choice(others)).text.split()
    words: list[str] = []
    for word in text.split():
        drawn = chance.random()
        if drawn < share / 2:
            continue
        words.append(chance.choice(strange) if drawn < share and strange else word)
        if chance.random() < share / 3 and strange:
            words.append(chance.choice(strange))
    if len(words) > 6 and chance.random() < 0.3:
        cut = chance.randrange(2, len(words) - 2)
        words = words[cut:] + words[:cut]
    return " ".join(words) or text + " too"


def measured(all_texts: Sequence[Text], share: float) -> tuple[float, float, float]:
    """(found, false, milliseconds a text)."""
    chance = random.Random(1)
    reworded = right = wrong = pairs = 0
    spent = 0.0
    for text in all_texts:
        after = edited(text, all_texts, chance, share)
        origins = [origin for _, origin in after]
        began = time.perf_counter()
        aligned = alignment.align(text, [row for row, _ in after])
        spent += time.perf_counter() - began
        reworded += sum(origin < -1 for origin in origins)
        for pair in aligned:
            if pair.old is None or pair.new is None:
                continue
            origin = origins[pair.new.position]
            was = -2 - origin if origin < -1 else origin
            pairs += 1
            same_words = origin >= 0 and text[origin].text == pair.old.text
            wrong += not (was == pair.old.position or same_words)
            right += origin < -1 and was == pair.old.position
    return right / reworded, wrong / pairs, 1000 * spent / len(all_texts)


def by_difflib(one: Counter[str], other: Counter[str]) -> float:
    """The other measure that was tried."""
    words = list(one.elements()), list(other.elements())
    return difflib.SequenceMatcher(None, *words, autojunk=False).ratio()


def main() -> None:
    all_texts = texts([Path(argument) for argument in sys.argv[1:]])
    Measure = Callable[[Counter[str], Counter[str]], float]
    measures: list[tuple[str, Measure]] = [("common words", alignment.dice), ("difflib", by_difflib)]
    for name, measure in measures:
        alignment.dice = measure  # type: ignore[assignment]  # the other measure in its place
        for least in (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
            alignment.LIKENESS = least
            for share in (0.2, 0.4, 0.6):
                found, false, cost = measured(all_texts, share)
                print(
                    f"{name:14}{least:6.2f}  edited {share:.0%}  found {found:7.1%}  false {false:7.2%}  {cost:8.2f} ms"
                )


if __name__ == "__main__":
    main()
