"""A trial as an entry of a reference manager: RIS and BibTeX."""

import re
import sqlite3
from collections.abc import Callable

from scraper.site.labels import badge, value
from scraper.site.links import safe_url
from scraper.site.rows import Row, first, meta
from scraper.site.titles import source_title

ENTRY = (
    "select t.*, x.official_title, x.brief_summary, (select group_concat(name, char(10)) from conditions c"
    " where c.trial_id = t.trial_id) as conditions from trials t"
    " left join trial_text x on x.trial_id = t.trial_id"
)
"""What a citation needs of the trials; a condition on t follows."""

_BIBTEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "&%$#_"},
}


def entry(connection: sqlite3.Connection, trial_id: str) -> Row | None:
    """What a citation needs of a trial; None when there is no such trial."""
    found = first(connection, f"{ENTRY} where t.trial_id = ?", (trial_id,))
    return found and {**found, "source_title": source_title(meta(connection), found["source"])}


def ris(found: Row) -> str:
    """One RIS record. Lines end as the format asks; no value can begin a line of its own."""
    year = _year(found)
    _, month, day = [*(found["first_posted_date"] or found["start_date"] or "").split("-"), "", "", ""][:3]
    fields = [
        ("TY", "WEB"),
        ("ID", found["trial_id"]),
        ("AN", found["trial_id"]),
        ("TI", found["brief_title"] or found["trial_id"]),
        ("T2", found["source_title"]),
        ("AU", found["lead_sponsor"]),
        ("PY", year),
        ("DA", f"{year}/{month}/{day}/" if year else ""),
        ("AB", found["brief_summary"]),
        *(("KW", name) for name in (found["conditions"] or "").split("\n")),
        ("N1", _note(found)),
        ("UR", safe_url(found["url"])),
        ("Y2", (found["last_update_posted_date"] or "").replace("-", "/")),
    ]
    lines = [f"{tag}  - {_one_line(text)}" for tag, text in fields if text]
    return "\r\n".join([*lines, "ER  - ", ""]) + "\r\n"


def bibtex(found: Row) -> str:
    """One BibTeX entry, TeX's special signs escaped."""
    fields = {
        "title": "{" + _tex(found["brief_title"] or found["trial_id"]) + "}",
        "author": "{" + _tex(found["lead_sponsor"] or "") + "}" if found["lead_sponsor"] else "",
        "year": _year(found),
        "howpublished": _tex(f"{found['source_title']}, {found['trial_id']}"),
        "note": _tex(_note(found)),
        "url": _tex_url(safe_url(found["url"]) or ""),
    }
    key = re.sub(r"[^A-Za-z0-9]+", "-", found["trial_id"])
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def reference(found: Row) -> str:
    """The record as a line of a list of references: who, what, where, and which version of it."""
    dated = found["last_update_posted_date"]
    parts = [
        found["lead_sponsor"],
        found["brief_title"] or found["trial_id"],
        f"{found['source_title']} {found['trial_id']}" + (f", record of {dated}" if dated else ""),
        safe_url(found["url"]),
    ]
    return (
        " ".join(f"{_one_line(part).rstrip('.')}." for part in parts[:3] if part)
        + f" {parts[3] or ''}".rstrip()
    )


def _year(found: Row) -> str:
    year: str = (found["first_posted_date"] or found["start_date"] or "")[:4]
    return year if year.isascii() and year.isdigit() else ""


def _note(found: Row) -> str:
    parts = [
        badge(found["overall_status"]).label if found["overall_status"] else "",
        value("phase", found["phase"] or ""),
        f"record of {found['last_update_posted_date']}" if found["last_update_posted_date"] else "",
    ]
    return "; ".join(filter(None, parts))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tex(text: str) -> str:
    return "".join(_BIBTEX.get(letter, letter) for letter in _one_line(text))


def _tex_url(url: str) -> str:
    return url.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


FORMS: dict[str, tuple[Callable[[Row], str], str]] = {
    "ris": (ris, "application/x-research-info-systems"),
    "bib": (bibtex, "application/x-bibtex"),
}
