"""The vocabulary of limits: which variables are read, their units, plausible values and the words they go by.

`variables.csv` is the table. LOINC codes are representative: criteria rarely name specimen and method.
"""

import csv
from functools import cache
from importlib.resources import files

import msgspec


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the vocabulary.

    `default_unit` is understood where a text gives none; `canonical_unit` is the unit of canonical values, "" where
    several cannot be told apart. `low` and `high` bound what is plausible in the canonical unit.
    """

    code: str
    label: str
    type: str
    default_unit: str
    canonical_unit: str
    low: float
    high: float
    loinc: str
    words: tuple[str, ...]


@cache
def _read() -> tuple[Variable, ...]:
    table = files("scraper.criteria").joinpath("variables.csv").read_text(encoding="utf-8")
    return tuple(
        Variable(
            code=row["code"],
            label=row["label"],
            type=row["type"],
            default_unit=row["default_unit"],
            canonical_unit=row["canonical_unit"],
            low=float(row["low"]),
            high=float(row["high"]),
            loinc=row["loinc"],
            words=tuple(word.strip() for word in row["words"].split(" ; ") if word.strip()),
        )
        for row in csv.DictReader(table.splitlines())
    )


VARIABLES: tuple[Variable, ...] = _read()
BY_CODE: dict[str, Variable] = {variable.code: variable for variable in VARIABLES}
ORDINAL: frozenset[str] = frozenset(variable.code for variable in VARIABLES if variable.type == "ordinal")
