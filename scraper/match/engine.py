"""The answer to a patient's question: every trial about the condition, judged and ranked."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from scraper.match.candidates import TrialFacts, facts
from scraper.match.judge import Judgement, judge
from scraper.match.patient import Patient, said
from scraper.match.sifting import Candidate, sift
from scraper.store import unread

MOST_JUDGED = 1000
"""Trials whose criteria are read for one answer: the best placed ones. The rest are counted and said."""

NOT_ADVICE = "Not medical advice: only the study's own centre can say who may take part."


@dataclass(frozen=True)
class Matched:
    """One trial with its judgement; `distance_km` and `site` are of the nearest site that recruits."""

    columns: Mapping[str, object]
    judgement: Judgement
    distance_km: float | None = None
    site: str = ""


@dataclass(frozen=True)
class Answer:
    """`trials` are the best `limit` that may be open to the patient, `excluded` the first `limit` that are not.

    `found` trials are about the condition. `by_field` counts those that a field alone excludes, a trial once for each such field; `verdicts`
    all that were judged or so excluded. `not_judged` were left out as there were too many.
    """

    patient: Patient
    found: int
    by_field: Mapping[str, int]
    verdicts: Mapping[str, int]
    not_judged: int
    trials: tuple[Matched, ...]
    excluded: tuple[Matched, ...]
    said: Mapping[str, str] = field(default_factory=dict)


def match(connection: sqlite3.Connection, patient: Patient, most: int | None = None) -> Answer:
    """The trials for a patient: fewest unknowns first, those without criteria last, then the nearest site that recruits.

    The criteria of `most` trials are read, MOST_JUDGED when it is not said.
    """
    most = MOST_JUDGED if most is None else most
    sifted = sift(connection, patient, most, patient.limit)
    to_judge, out = sifted.left[:most], sifted.excluded
    known = facts(connection, [candidate.trial_id for candidate in to_judge])
    judged = [(candidate, judge(known[candidate.trial_id], patient)) for candidate in to_judge]
    # A record that states no criteria has one unknown, yet it says the least of all: it comes last.
    # The order of the candidates, their place first, stays within those with as many unknowns.
    open_ = sorted(
        (pair for pair in judged if pair[1].verdict != "excluded"),
        key=lambda pair: (not known[pair[0].trial_id].criteria, len(pair[1].unknowns)),
    )
    verdicts = Counter({"match": 0, "unknown": 0, "excluded": sifted.out})
    verdicts.update(judgement.verdict for _, judgement in judged)
    # Examples of both: what a criterion excludes is worth reading before what a field does.
    closed = [pair for pair in judged if pair[1].verdict == "excluded"][: patient.limit]
    examples = out[: patient.limit - len(closed)]
    more = facts(connection, [candidate.trial_id for candidate in examples])
    closed += [(one, judge(more[one.trial_id], patient)) for one in examples]
    return Answer(
        patient=patient,
        found=sifted.found,
        by_field=dict(sorted(sifted.by_field.items())),
        verdicts=dict(verdicts),
        not_judged=max(sifted.found - sifted.out - most, 0),
        trials=tuple(_matched(connection, *pair, known) for pair in open_[: patient.limit]),
        excluded=tuple(_matched(connection, *pair, known | more) for pair in closed),
        said=said(patient),
    )


def _matched(
    connection: sqlite3.Connection,
    candidate: Candidate,
    judgement: Judgement,
    known: Mapping[str, TrialFacts],
) -> Matched:
    place = candidate.place
    site = ""
    if place:
        row = connection.execute(
            "select facility, city, state, country from sites where trial_id = ? and position = ?",
            [place.trial_id, place.position],
        ).fetchone()
        site = ", ".join(part for part in tuple(row or ()) if part)
    facts_of = known[candidate.trial_id]
    columns = {**facts_of.columns, "age_not_read": unread.said(facts_of.unread) if facts_of.unread else ""}
    return Matched(columns, judgement, round(place.km, 1) if place else None, site)


def as_data(answer: Answer) -> dict[str, object]:
    """The answer as plain data, for `--json` and the page's JSON.

    {"patient": the question as understood, "not_medical_advice": …, "found": n, "excluded_by_field": {"age": n, …},
    "verdicts": {"match": n, "unknown": n, "excluded": n}, "not_judged": n, "trials": […], "excluded": […]}

    A trial: {"trial_id", "verdict", "brief_title", "overall_status", "is_recruiting", "phase", "sex", "minimum_age",
    "maximum_age", "ages_unread", "age_not_read", "lead_sponsor", "record_date", "last_seen_at", "removed_at", "source", "url", "distance_km", "site",
    "reasons": […], "unknowns": […], "met": […]}; a finding: {"subject", "source", "quote", "why"}.
    """
    return {
        "patient": dict(answer.said),
        "not_medical_advice": NOT_ADVICE,
        "found": answer.found,
        "excluded_by_field": dict(answer.by_field),
        "verdicts": dict(answer.verdicts),
        "not_judged": answer.not_judged,
        "trials": [_trial_data(one) for one in answer.trials],
        "excluded": [_trial_data(one) for one in answer.excluded],
    }


_SHOWN = (
    "brief_title",
    "overall_status",
    "phase",
    "sex",
    "minimum_age",
    "maximum_age",
    "ages_unread",
    "age_not_read",
    "lead_sponsor",
)


def _trial_data(matched: Matched) -> dict[str, object]:
    columns, judgement = matched.columns, matched.judgement
    return {
        "trial_id": columns["trial_id"],
        "verdict": judgement.verdict,
        **{name: columns[name] for name in _SHOWN},
        "is_recruiting": columns["overall_status"] == "RECRUITING",
        "record_date": columns["last_update_posted_date"],
        **{name: columns[name] for name in ("last_seen_at", "removed_at", "source", "url")},
        "distance_km": matched.distance_km,
        "site": matched.site,
        "reasons": [asdict(finding) for finding in judgement.reasons],
        "unknowns": [asdict(finding) for finding in judgement.unknowns],
        "met": [asdict(finding) for finding in judgement.met],
    }
