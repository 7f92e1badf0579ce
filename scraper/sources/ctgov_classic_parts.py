"""Lists on ClinicalTrials.gov's classic pages: the table of conditions, arms with interventions, outcome measures."""

import re
from collections.abc import Sequence

from scraper.model import Arm, Intervention, Outcome
from scraper.sources.ctgov_html_words import intervention
from scraper.sources.labels import Part, folded

_COLUMNS = frozenset(
    {
        "condition or disease",
        "condition",
        "intervention/treatment",
        "intervention",
        "phase",
        "assigned interventions",
    }
    | {"arm", "arms", "group/cohort", "groups/cohorts", "show detailed description"}
)
_PHASE = re.compile(r"(?:(?:early )?phase [0-4](?:[ /]+phase [0-4])?|not applicable|n/a)", re.IGNORECASE)
_ONE_PHASE = re.compile(r"early phase 1|phase [0-4]|not applicable|n/a", re.IGNORECASE)
_ARM = re.compile(
    r"(Experimental|Active Comparator|Placebo Comparator|Sham Comparator|No Intervention|Other) ?: ?(.+)"
)
_IN_ARM = re.compile(r"\AInterventions?:\s*", re.IGNORECASE)
_OTHER_NAMES = re.compile(r"Other Names?:\s*(.*)", re.IGNORECASE)
_FRAME = re.compile(r"\[\s*+Time\s++Frame:", re.IGNORECASE)
_BEHIND_FRAME = re.compile(r"\]\s*+\[")


def three_columns(found: Sequence[Part]) -> tuple[list[str], list[Intervention], str]:
    """Conditions, interventions and phase of the table that names all three, whose cells come one after the other."""
    lines = [line for part in found for line in part.lines if folded(line) not in _COLUMNS]
    conditions: list[str] = []
    interventions: list[Intervention] = []
    phases: list[str] = []
    for line in lines:
        if _PHASE.fullmatch(line):
            phases += [match.capitalize() for match in _ONE_PHASE.findall(line)]
        elif intervention(line)[0]:
            interventions.append(Intervention(*intervention(line)))
        elif not interventions and not phases:
            conditions.append(line)
    return conditions, interventions, "/".join(dict.fromkeys(phases))


def arms_and_interventions(
    found: Sequence[Part], named: Sequence[Intervention]
) -> tuple[list[Arm], list[Intervention]]:
    """The arms with the interventions in each, and the interventions, each once.

    `named` are those of the page's table: "Other: Advice" is an intervention if it is one of them, else an arm.
    """
    listed = {f"{one.intervention_type}: {one.name}" for one in named}
    arms: list[tuple[str, str, list[str], list[str]]] = []
    known: dict[str, tuple[str, str, list[str], list[str]]] = {}
    texts: list[str] = []
    others: list[str] = []
    for line in (_IN_ARM.sub("", line) for part in found for line in part.lines):
        arm, (kind, name) = _ARM.fullmatch(line), intervention(line)
        names = _OTHER_NAMES.fullmatch(line)
        shown = f"{kind}: {name}"
        if not line or folded(line) in _COLUMNS:
            continue
        if kind and (kind != "Other" or shown in listed):
            texts, others = [], []
            known.setdefault(shown, (kind, name, texts, others))
            if arms:
                arms[-1][3].append(shown)
        elif arm:
            texts, others = [], []
            arms.append((arm[1], arm[2], texts, []))
        elif names:
            others += [names[1]] if names[1] else []
            texts = others
        else:
            texts.append(line)
    return (
        [Arm(kind, label, "\n".join(lines), tuple(names)) for kind, label, lines, names in arms],
        [
            Intervention(kind, name, "\n".join(lines), tuple(more))
            for kind, name, lines, more in known.values()
        ],
    )


def outcomes(kind: str, found: Sequence[Part]) -> list[Outcome]:
    """The outcome measures of one kind: a line with its time frame in brackets begins one."""
    gathered: list[tuple[str, str, list[str]]] = []
    for line in (line for part in found for line in part.lines):
        framed = _framed(line)
        if framed:
            gathered.append((*framed, []))
        elif gathered:
            gathered[-1][2].append(line)
    return [Outcome(kind, measure, frame, "\n".join(lines)) for measure, frame, lines in gathered]


def _framed(line: str) -> tuple[str, str] | None:
    """A measure and its time frame, of "Sleep [ Time Frame: 1 week ] [ Designated as safety issue: No ]"."""
    found = _FRAME.search(line)
    rest = line[found.end() :].rstrip() if found else ""
    if found is None or not rest.endswith("]"):
        return None
    behind = _BEHIND_FRAME.search(rest)
    return line[: found.start()].rstrip(), rest[: behind.start() if behind else -1].strip()
