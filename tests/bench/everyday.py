"""Forty everyday searches over the real records of ../shared with their first five hits, to be read by a person.

python -m tests.bench.everyday [FOLDER]
"""

import sys
from pathlib import Path

from scraper.search.engine import search
from scraper.search.marks import END, START
from scraper.search.question import Question
from tests.bench.corpus import studies
from tests.bench.fidelity import index

QUERIES = (
    "acute myeloid leukemia",
    "AML",
    "leukaemia children",
    "breast cancer",
    "HER2+ breast cancer",
    "triple negative breast cancer",
    "lung cancer immunotherapy",
    "NSCLC pembrolizumab",
    "PD-1",
    "CAR-T",
    "CLL-1",
    "asthma",
    "asthma children omalizumab",
    "peanut allergy oral immunotherapy",
    "hay fever",
    "eczema dupilumab",
    "heart failure",
    "heart attack",
    "high blood pressure",
    "stroke rehabilitation",
    "type 2 diabetes metformin",
    "t2dm",
    "obesity weight loss",
    "COVID-19 vaccine",
    "covid",
    "long covid",
    "HIV prevention",
    "hepatitis C",
    "depression teenagers",
    "PTSD veterans",
    "adhd",
    "insomnia CBT",
    "migraine",
    "cluster headache",
    "Parkinson's disease",
    "alzheimers",
    "multiple sclerosis",
    "rheumatoid arthritis",
    "erectile dysfunction after prostatectomy",
    "tumour -lung title:phase criteria:ECOG",
)


def main(shared: Path) -> None:
    db = index(studies(shared))
    for words in QUERIES:
        result = search(db.conn, Question(words, limit=5))
        print(f"\n{words!r}: {result.total} trials", end="")
        print(f", did you mean {result.suggestion!r}" if result.suggestion else "", end="")
        also = "; ".join(f"{each.typed} = {each.matched}" for each in result.synonyms_used)
        print(f" (also: {also})" if also else "")
        for hit in result.hits:
            print(f"  {hit.trial_id}  {_plain(hit.title)[:110]}")
            print(f"{'':15s}{_plain(hit.snippet)[:130]}")
    db.close()


def _plain(marked: str) -> str:
    return marked.replace(START, "[").replace(END, "]")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[3] / "shared")
