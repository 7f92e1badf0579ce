"""Trials as text for a terminal: what readers look for first, first."""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from scraper.match.engine import NOT_ADVICE as ONLY_THE_CENTRE
from scraper.match.engine import Answer, Matched
from scraper.match.judge import Finding
from scraper.normalise.age import in_words
from scraper.normalise.place import places
from scraper.search.engine import Results
from scraper.search.filters import Near
from scraper.search.marks import END, START
from scraper.store import unread

NOT_ADVICE = (
    "Not medical advice: ask the study's own centre. Read on {seen} from {source}; record of {updated}."
)
_WIDTH = 100
_SITES = 10
_TOWNS = 6


def trial(found: dict[str, Any]) -> str:
    """The trial that `store.reader.trial` read, for a person."""
    return _printable("\n".join(_lines(found)), "\n")


def place(near: Near | None) -> str:
    """Which town the typed one was taken for, where others bear its name too; else ""."""
    if near is None or not near.place:
        return ""
    first, *others = places(near.place)
    if not others:
        return ""
    listed = "; ".join(f"--near {each.typed!r}" for each in others[:_TOWNS])
    return f"{near.place!r} is read as {first.label}, the most populous of {len(others) + 1} towns of that name. Others: {listed}"


def results(found: Results, *, marked: bool) -> Iterator[str]:
    """The hits of a search, a few lines each; matched words marked for a terminal, in «guillemets» elsewhere."""

    def plain(words: str) -> str:
        found = _printable(words, START + END)
        return found if marked else found.replace(START, "«").replace(END, "»")

    yield f"{found.total:,} trials" if found.total != 1 else "1 trial"
    for synonym in found.synonyms_used:
        yield f"  also searched for: {synonym.matched} (for {synonym.typed})"
    if found.suggestion:
        yield f"  did you mean: {found.suggestion}"
    for hit in found.hits:
        yield ""
        yield f"{hit.trial_id}  {plain(hit.title)}"
        yield "  " + _printable(
            ", ".join(
                (
                    hit.overall_status or "status not stated",
                    in_words(
                        hit.minimum_age, hit.maximum_age, "no age limit stated", _printable(hit.age_not_read)
                    ),
                    hit.sex or "sex not stated",
                    hit.phase or "phase not stated",
                    hit.lead_sponsor or "sponsor not stated",
                )
            )
        )
        if hit.snippet:
            yield f"  {plain(hit.snippet)}"
        if hit.distance_km is not None:
            yield f"  {hit.distance_km:g} km: {_printable(hit.site)} ({hit.site_status or 'status not stated'})"
        if hit.removed_at:
            yield f"  REMOVED: the source no longer has this trial since {hit.removed_at}"
        yield f"  record of {hit.last_update_posted_date or 'unknown date'}, {hit.source}: {_printable(hit.url)}"


def results_data(found: Results) -> dict[str, object]:
    """The hits of a search as plain data; marks are taken out."""
    hits = [asdict(hit) for hit in found.hits]
    for hit in hits:
        for name in ("title", "snippet"):
            hit[name] = hit[name].replace(START, "").replace(END, "")
    return {
        "total": found.total,
        "sort": found.sort,
        "suggestion": found.suggestion,
        "synonyms": [{"typed": s.typed, "matched": s.matched} for s in found.synonyms_used],
        "hits": hits,
    }


def answer(found: Answer) -> Iterator[str]:
    """The answer to a patient's question: a few lines a trial, every reason and every open point with its quote."""
    said = ", ".join(f"{name} {value}" for name, value in found.said.items() if name != "limit")
    yield f"{ONLY_THE_CENTRE} Asked: {said}."
    yield (
        f"{found.found:,} trials found: match {found.verdicts['match']:,}, unknown {found.verdicts['unknown']:,},"
        f" excluded {found.verdicts['excluded']:,}"
        + "".join(f"; by the field {name} {count:,}" for name, count in found.by_field.items())
    )
    if found.not_judged:
        yield f"{found.not_judged:,} more were not judged: ask for a narrower condition, a place or --recruiting"
    for matched in (*found.trials, *found.excluded):
        yield ""
        yield from _matched(matched)


def _matched(matched: Matched) -> Iterator[str]:
    columns, judgement = matched.columns, matched.judgement
    verdict = judgement.verdict
    if verdict == "unknown":
        verdict_words = (
            f"UNKNOWN: {len(judgement.met)} points fit, {len(judgement.unknowns)} could not be checked"
        )
    else:
        verdict_words = (
            "MATCH: all criteria could be checked and fit" if verdict == "match" else "EXCLUDED because"
        )
    yield f"{columns['trial_id']}  {_printable(columns['brief_title'] or '(no title)')}"
    yield f"  {verdict_words}"
    for finding in judgement.reasons:
        yield from _finding("because", finding)
    if verdict != "excluded":
        for finding in judgement.met:
            yield from _finding("fits", finding)
        for finding in judgement.unknowns:
            yield from _finding("ask", finding)
    status = columns["overall_status"] or "status not stated"
    yield (
        f"  {status}"
        + (" (not recruiting)" if status != "RECRUITING" else "")
        + (
            f"; nearest recruiting site {matched.distance_km:g} km: {_printable(matched.site)}"
            if matched.distance_km is not None
            else ""
        )
    )
    if columns["removed_at"]:
        yield f"  REMOVED: the source no longer has this trial since {columns['removed_at']}"
    yield f"  record of {columns['last_update_posted_date'] or 'unknown date'}, {columns['source']}: {columns['url']}"


def _finding(word: str, finding: Finding) -> Iterator[str]:
    quote = textwrap.shorten(_printable(finding.quote), 240, placeholder=" …")
    yield textwrap.fill(
        f'{word}: "{quote}" ({finding.source}): {_printable(finding.why)}',
        _WIDTH,
        initial_indent="    ",
        subsequent_indent="      ",
    )


def _printable(words: object, keep: str = "") -> str:
    """The words without what cannot be seen; spaces of any width are one space: "5\u00a0mg" is no "5mg"."""
    return "".join(c if c.isprintable() or c in keep else " " if c.isspace() else "" for c in str(words))


def ages(found: dict[str, Any]) -> str:
    """The age range in the registry's words: "6 Months to 75 Years", "18 Years and older", "no age limit stated"."""
    not_read = {
        name: problem["found"]
        for name in (found.get("ages_unread") or "").split()
        for problem in found["problems"]
        if problem["source"] == found["source"] and problem["field"] in (name, "age")
    }
    words = unread.said(not_read) if found.get("ages_unread") else ""
    return in_words(found["minimum_age"], found["maximum_age"], "no age limit stated", _printable(words))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    if "as_of" in found:
        until, ahead_of = found["as_of"]["replaced_at"], found["as_of"]["ahead_of"]
        still = (
            f" on; that day is ahead of the data here, which are of {ahead_of}"
            if ahead_of
            else " on and still is"
        )
        yield (
            f"AS OF {found['as_of']['date']}: this version was shown from {found['as_of']['observed_at']}"
            + (f" until {until}" if until else still)
        )
    yield f"{found['trial_id']}  {found['brief_title'] or '(no title)'}"
    if found["acronym"]:
        yield f"Acronym: {found['acronym']}"
    yield f"Status: {found['overall_status'] or 'not stated'}" + (
        f" (last known: {found['last_known_status']})" if found["last_known_status"] else ""
    )
    yield f"Ages: {ages(found)}   Sex: {found['sex'] or 'not stated'}   Phase: {found['phase'] or 'not stated'}"
    yield f"Sponsor: {found['lead_sponsor'] or 'not stated'}" + (
        f" ({found['lead_sponsor_class']})" if found["lead_sponsor_class"] else ""
    )
    if found["enrollment"] is not None:
        yield f"Enrolment: {found['enrollment']} {(found['enrollment_type'] or '').lower()}".rstrip()
    yield f"Conditions: {', '.join(row['name'] for row in found['conditions']) or 'not stated'}"
    for conflict in found["conflicts"]:
        yield (
            f"CONFLICT {conflict['field']}: {conflict['source_a']} says {conflict['quote_a']!r} ({conflict['date_a']}),"
            f" {conflict['source_b']} says {conflict['quote_b']!r} ({conflict['date_b']})"
        )
    if found["removed_at"]:
        yield f"REMOVED: the source no longer has this trial since {found['removed_at']}"
    if found["trial_text"]["brief_summary"]:
        yield ""
        for paragraph in found["trial_text"]["brief_summary"].splitlines():
            yield textwrap.fill(paragraph, _WIDTH)
    for kind in ("inclusion", "exclusion", "unknown"):
        rows = [row for row in found["criteria"] if row["kind"] == kind]
        if rows:
            yield ""
            yield f"{kind.capitalize()} criteria" if kind != "unknown" else "Criteria of unknown kind"
            yield from _criteria(rows, found["criteria_constraints"])
    yield from _sites(found["sites"])
    yield ""
    if len(found["versions"]) > 1:
        began = ", ".join(version["observed_at"][:10] for version in found["versions"])
        yield f"Versions of {began}: --as-of DATE shows one, `trials diff {found['trial_id']}` what changed"
    yield f"Source: {found['url']}"
    updated = found["last_update_posted_date"] or "unknown date"
    yield NOT_ADVICE.format(seen=found["last_seen_at"][:10], source=found["source"], updated=updated)


def _criteria(rows: list[dict[str, Any]], limits: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        indent = "  " * (row["depth"] + 1)
        yield textwrap.fill(
            row["text"], _WIDTH, initial_indent=f"{indent}- ", subsequent_indent=f"{indent}  "
        )
        read = [
            f"{limit['variable']} {limit['comparator']} {limit['value']:g} {limit['unit'] or ''}".rstrip()
            + (" (conditional)" if limit["conditional"] else "")
            for limit in limits
            if limit["criterion_id"] == row["id"]
        ]
        if read:
            yield f"{indent}  [{'; '.join(read)}]"


def _sites(sites: list[dict[str, Any]]) -> Iterator[str]:
    if not sites:
        return
    yield ""
    yield f"Sites: {len(sites)}"
    for site in sites[:_SITES]:
        place = ", ".join(site[name] for name in ("facility", "city", "state", "country") if site[name])
        yield f"  {place}" + (f" ({site['status']})" if site["status"] else "")
    if len(sites) > _SITES:
        yield f"  … and {len(sites) - _SITES} more"
