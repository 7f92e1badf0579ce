"""News and differences in four forms: plain text, Markdown, JSON and HTML. Scraped words are cleaned and escaped."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from markupsafe import escape

from scraper.tell.news import KINDS, Item, News
from scraper.tell.parts import Part
from scraper.tell.said import Words, later, readable

NOT_ADVICE = "Not medical advice: the registry's own record decides, and the study's own centre."
_HEADINGS = {
    "new": "New",
    "changed": "Changed",
    "removed": "Removed at the source",
    "no_longer_matching": "No longer matching",
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")
_PAGE = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>'
    "body{{font:16px/1.5 sans-serif;max-width:50em;margin:1em auto;padding:0 1em}}"
    "del{{background:#fdd}}ins{{background:#dfd;text-decoration:none}}</style></head><body>\n{body}\n</body></html>"
)


def plain(text: object) -> str:
    """The text on one line without characters that cannot be printed: control characters, turned directions."""
    return "".join(c for c in " ".join(str(text).split()) if c.isprintable())


def headline(news: News) -> str:
    """What there is in one line: "Trials for leukemia since 2026-03-01: 2 new, 1 changed (40 match)"."""
    counts = ", ".join(
        f"{len(news.items[kind]):,} {_HEADINGS[kind].lower()}" for kind in KINDS if news.items.get(kind)
    )
    since = f" since {news.since}" if news.since else ""
    asked = f"Trials for {plain(news.search)}" if plain(news.search) else "All trials"
    how_many = f"{news.matching:,} match" if plain(news.search) else f"{news.matching:,} in all"
    return f"{asked}{since}: {counts or 'no news'} ({how_many})"


def remark(news: News) -> str:
    """What a reader of the headline has to know: a date that is ahead, dates that are older; "" without such."""
    if news.ahead_of:
        return f"{news.since} is ahead of the data here, which are of {news.ahead_of}: nothing can be known of it yet."
    counts = " and ".join(
        f"{n:,} {name if n != 1 else name[:-1]}"
        for name in ("trials", "changes")
        if (n := news.older.get(name))
    )
    if not counts:
        return ""
    return f"Of these, {counts} bear a date before {news.since} and were learned here only since then."


# ── one set of changes ─────────────────────────────────────────────────────────────────────────────────


def text_changes(changes: Sequence[Mapping[str, Any]], words: Words, *, dated: bool = True) -> Iterator[str]:
    """A line each, high ones marked with "!"."""
    for row in readable(changes, words):
        mark = "!" if row["severity"] == "high" else " "
        detail = f"  [{plain(row['detail'])}]" if row.get("detail") else ""
        date = f"{_when(row)} " if dated else ""
        yield f"{mark} {date}{row['label']}: {_text_parts(row['parts'])}{detail}"


def _when(row: Mapping[str, Any]) -> str:
    """The date of a change, and when it was learned where that was later: "2026-11-02, learned 2026-11-22,"."""
    learned = f", learned {row['learned']}," if row.get("learned") else ""
    return f"{row['observed_at'][:10]}{learned}"


def _text_parts(found: Sequence[Part]) -> str:
    if len(found) == 1:
        return {"del": "- ", "ins": "+ ", "same": ""}[found[0][0]] + plain(found[0][1])
    if len(found) == 3 and found[1] == ("same", " → "):
        return " ".join(plain(text) for _, text in found)
    marks = {"del": "[-{}-]", "ins": "{{+{}+}}", "same": "{}"}
    return " ".join(marks[kind].format(plain(text)) for kind, text in found if plain(text))


def markdown_changes(changes: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    """An item each."""
    for row in readable(changes, words):
        marks = {"del": "~~{}~~", "ins": "**{}**", "same": "{}"}
        said = " ".join(marks[kind].format(_escaped(text)) for kind, text in row["parts"] if plain(text))
        detail = f" ({_escaped(row['detail'])})" if row.get("detail") else ""
        label = f"**{row['label']}**" if row["severity"] == "high" else row["label"]
        yield f"  - {_when(row)} {label}: {said}{detail}"


def _escaped(text: object) -> str:
    return _MARKDOWN.sub(r"\\\1", plain(text))


def html_changes(changes: Sequence[Mapping[str, Any]], words: Words) -> str:
    """A list, "" without changes; also what the feeds show."""
    items = []
    for row in readable(changes, words):
        said = "".join(
            f"<{kind}>{escape(_printable(text))}</{kind}>"
            if kind in ("del", "ins")
            else str(escape(_printable(text)))
            for kind, text in row["parts"]
        )
        detail = f" ({escape(plain(row['detail']))})" if row.get("detail") else ""
        items.append(f"<li>{escape(_when(row))} {escape(row['label'])}: {said}{detail}</li>")
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _printable(text: str) -> str:
    """The text without characters that cannot be printed, its spaces at the ends kept."""
    return "".join(c if c.isprintable() else " " * c.isspace() for c in text)


# ── news of many trials ────────────────────────────────────────────────────────────────────────────────


def text(news: News, words: Words) -> str:
    """For a terminal or a plain mail."""
    lines = [headline(news), *filter(None, [remark(news)]), ""]
    for kind, items in _there(news):
        lines += [f"{_HEADINGS[kind]} ({len(items):,})", ""]
        for item in items:
            lines.append(f"{item.trial_id}  {plain(item.title)}")
            lines.append(f"  {_status(item, words)}{plain(item.url or '')}".rstrip())
            lines += [f"  {line}" for line in text_changes(item.changes, words)]
            lines.append("")
    return "\n".join([*lines, f"Data of {news.made_at}. {NOT_ADVICE}"])


def markdown(news: News, words: Words) -> str:
    """For a chat or an issue."""
    lines = [f"# {_escaped(headline(news))}", "", *([_escaped(remark(news)), ""] if remark(news) else [])]
    for kind, items in _there(news):
        lines += [f"## {_HEADINGS[kind]} ({len(items):,})", ""]
        for item in items:
            name = f"{item.trial_id} {_escaped(item.title)}".strip()
            link = f"[{name}]({item.url})" if item.url and _is_web(item.url) else name
            lines.append(f"- {link} {_escaped(_status(item, words))}".rstrip())
            lines += markdown_changes(item.changes, words)
        lines.append("")
    return "\n".join([*lines, f"Data of {news.made_at}. *{NOT_ADVICE}*"])


def html(news: News, words: Words) -> str:
    """A page of its own, for a mail."""
    body = [
        f"<h1>{escape(headline(news))}</h1>",
        *([f"<p>{escape(remark(news))}</p>"] if remark(news) else []),
    ]
    for kind, items in _there(news):
        body.append(f"<h2>{_HEADINGS[kind]} ({len(items):,})</h2>\n<ul>")
        for item in items:
            name = escape(f"{item.trial_id} {plain(item.title)}".strip())
            link = f'<a href="{escape(item.url)}">{name}</a>' if item.url and _is_web(item.url) else str(name)
            body.append(f"<li>{link} {escape(_status(item, words))}{html_changes(item.changes, words)}</li>")
        body.append("</ul>")
    body.append(f"<p>Data of {escape(news.made_at)}. {NOT_ADVICE}</p>")
    return _PAGE.format(title=escape(headline(news)), body="\n".join(body))


def data(news: News) -> dict[str, object]:
    """For programs: the rows of `changes` as they are."""
    return {
        "search": news.search,
        "since": news.since,
        "made_at": news.made_at,
        "matching": news.matching,
        "ahead_of": news.ahead_of or None,
        "older": dict(news.older),
        "news": bool(news),
        **{kind: [asdict(item) for item in news.items.get(kind, ())] for kind in KINDS},
    }


def as_json(news: News, words: Words) -> str:
    """`data` as one JSON document."""
    del words  # programs get the words of the tables
    return json.dumps(data(news), ensure_ascii=False, indent=1)


FORMS: Mapping[str, Callable[[News, Words], str]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
    "html": html,
}


def _there(news: News) -> Iterator[tuple[str, Sequence[Item]]]:
    yield from ((kind, news.items[kind]) for kind in KINDS if news.items.get(kind))


def _status(item: Item, words: Words) -> str:
    learned = later(item.began, item.first_seen_at)
    dates = (
        f"(record of {item.began[:10]}, first seen here {learned}) " if learned and not item.changes else ""
    )
    return (f"{words.value('overall_status', item.status)} " if item.status else "") + dates


def _is_web(url: str) -> bool:
    return re.fullmatch(r"https?://[^\s()<>\"']+", url) is not None
