"""What mutated pages found, each as a case, and a short run of the same mutations (the long one: tests/fuzz)."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scraper.sources import SOURCES
from tests import kills, markups
from tests.commands import rows, trials
from tests.fuzz.__main__ import every_reader, fuzz
from tests.fuzz.corpus import forms_of_pages
from tests.fuzz.limits import limited
from tests.samples import listing, study, write_listing, write_study


def test_no_reader_lets_anything_out_but_the_packages_own_errors(tmp_path: Path) -> None:
    readers = every_reader(tmp_path)
    done = fuzz(readers, seed=7, folder=tmp_path, tries=300, watch=False)
    assert not done.found, {
        where: file.with_name(file.name + ".txt").read_text() for where, file in done.found.items()
    }
    assert done.read > 300, "most mutations are small: most inputs must still be read"


def test_every_source_and_every_form_of_it_is_among_the_pages_that_are_mutated() -> None:
    forms = forms_of_pages()
    assert {source for source, _ in forms} == {source.name for source in SOURCES}
    suffixes = {(source, form.split()[-1]) for source, form in forms}
    for source in SOURCES:
        for form in {"json", "xml", "csv", "tsv", "txt"} & set(map(str.casefold, source.formats)):
            assert (source.name, form) in suffixes
    assert {"v1 json", "beta json", "search xml", "bulk", "page"} <= {
        form for source, form in forms if source == "ctgov"
    }
    assert set(markups.MARKUPS) <= {form for source, form in forms if source == "trialx"}


# ── zip ─────────────────────────────────────────────────────────────────────────────────────────────────


def packed(
    name: str, body: bytes, method: int = zipfile.ZIP_DEFLATED, again: tuple[str, bytes] = ("", b"")
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo(name), body, method)
        if again[0]:
            archive.writestr(*again)
    return stream.getvalue()


GOOD = ("NCT99100002.json", json.dumps(study("NCT99100002")).encode())


def spoiled(body: bytes, method: int) -> bytes:
    """A member whose packed bytes are noise, under the header that it had."""
    whole = packed("NCT99100001.json", body, method, again=GOOD)
    start = whole.index(b"NCT99100001.json") + len("NCT99100001.json")
    return whole[: start + 12] + b"\xff" * 40 + whole[start + 52 :]


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["deflate", "bzip2", "lzma"]
)
def test_a_damaged_member_costs_itself_alone_whatever_packed_it(tmp_path: Path, method: int) -> None:
    (tmp_path / "x.zip").write_bytes(spoiled(json.dumps(study()).encode(), method))
    assert trials(tmp_path / "data", "import", tmp_path / "x.zip").exit_code == 0
    assert rows(tmp_path / "data", "select trial_id from trials") == [("NCT99100002",)]
    assert rows(tmp_path / "data", "select url from problems") == [(f"{tmp_path}/x.zip/NCT99100001.json",)]


@pytest.mark.parametrize(
    "name", ["", ".", "../../../etc/passwd", "/etc/passwd", "C:\\x", "a\nb", "x" * 3000, "\x1b[2J"]
)
def test_a_member_of_any_name_is_read_and_leads_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.zip").write_bytes(packed(name, json.dumps(study()).encode(), again=GOOD))
    before = set(tmp_path.rglob("*"))
    assert trials(tmp_path / "data", "import", tmp_path / "x.zip").exit_code == 0
    assert rows(tmp_path / "data", "select count(*) from trials") == [(2,)]
    assert {p.name for p in set(tmp_path.rglob("*")) - before} <= {"data", *kills.MADE}


def test_a_directory_in_another_encoding_is_one_problem(tmp_path: Path) -> None:
    body = packed("é.json", b"{}").replace("é".encode(), b"\xc3\x28")
    (tmp_path / "x.zip").write_bytes(body)
    result = trials(tmp_path / "data", "import", tmp_path / "x.zip")
    assert result.exit_code == 1 and "damaged" in result.stderr
    assert len(rows(tmp_path / "data", "select 1 from problems")) == 1


def test_zeros_without_end_are_refused_by_size_not_by_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.archive.formats.MAX_FILE_BYTES", 1 << 24)
    monkeypatch.setattr("scraper.archive.formats.WHOLE_BYTES", 1 << 20)
    (tmp_path / "x.zip").write_bytes(packed("bomb.html", b"\0" * (1 << 26), again=GOOD))
    assert (tmp_path / "x.zip").stat().st_size < 1 << 17
    assert trials(tmp_path / "data", "import", tmp_path / "x.zip").exit_code == 0
    assert rows(tmp_path / "data", "select count(*) from trials") == [(1,)]
    ((found,),) = rows(tmp_path / "data", "select found from problems")
    assert "in one piece" in found


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────

DIGITS = "9" * 5000


@pytest.mark.parametrize(
    ("source", "name", "change"),
    [
        ("anzctr", "sparse.html", lambda text: text.replace("_ctl0", f"_ctl{DIGITS}", 1)),
        ("euctr", "ordinary.txt", lambda text: text.replace("E.8.", f"E.{DIGITS}.", 1)),
        ("isrctn", "ordinary.xml", lambda text: text.replace('totalCount="', f'totalCount="{DIGITS}', 1)),
        ("chictr", "search.html", lambda text: text.replace("/20", f"/{DIGITS}20")),
    ],
)  # fmt: skip
def test_a_number_of_thousands_of_digits_is_no_traceback(
    tmp_path: Path, source: str, name: str, change: Callable[[str], str]
) -> None:
    page = Path(__file__).parent / "pages" / source / name
    (tmp_path / name).write_text(change(page.read_text(encoding="utf-8")), encoding="utf-8")
    assert trials(tmp_path / "data", "import", tmp_path / name, "--source", source).exit_code in (0, 1)


@pytest.mark.parametrize(
    "words", [f"Hemoglobin >= {'9' * 400} g/dL", f"ECOG <= {'9' * 400}", f"Aged {DIGITS} years"]
)
def test_no_limit_is_read_from_a_row_of_digits_that_counts_nothing(tmp_path: Path, words: str) -> None:
    path = write_study(tmp_path, criteria=f"Inclusion Criteria:\n\n* {words}\n")
    assert trials(tmp_path / "data", "import", path).exit_code == 0
    assert rows(tmp_path / "data", "select text from criteria") == [(words,)]
    assert rows(tmp_path / "data", "select * from criteria_constraints") == []


@pytest.mark.parametrize("words", [DIGITS, "²", "-1", "1e3", "٣"])
def test_an_odd_scale_is_a_bad_argument(tmp_path: Path, words: str) -> None:
    trials(tmp_path / "data", "import", write_study(tmp_path))
    result = trials(tmp_path / "data", "match", "--age", 34, f"--ecog={words}")
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1


# ── time ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_id_of_a_million_letters_is_read_once(tmp_path: Path) -> None:
    found = study()
    found["protocolSection"]["identificationModule"]["orgStudyIdInfo"]["id"] = "x" * 1_000_000
    (tmp_path / "x.json").write_text(json.dumps(found))
    with limited(10):
        assert trials(tmp_path / "data", "import", tmp_path / "x.json").exit_code == 0


@pytest.mark.parametrize(
    "part", ["<" + "a" * 200_000, "<body " * 50_000, "<main " * 50_000, "<x" * 50_000, "<!--" * 50_000]
)
def test_tags_without_end_are_read_once(tmp_path: Path, part: str) -> None:
    html = f"<html><body><pre>{listing().replace('Eligibility', part + chr(10) + 'Eligibility')}</pre></body></html>"
    (tmp_path / "trialx-990001.html").write_text(html)
    with limited(10):
        trials(tmp_path / "data", "import", tmp_path / "trialx-990001.html")


@pytest.mark.parametrize(
    ("source", "name"),
    [("chictr", "ordinary.html"), ("cris", "ordinary.html"), ("anzctr", "sparse.html"), ("euctr", "sparse.html")],
)  # fmt: skip
def test_a_page_of_end_tags_that_close_nothing_costs_itself_alone(
    tmp_path: Path, source: str, name: str
) -> None:
    page = Path(__file__).parent / "pages" / source / name
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / name).write_bytes(page.read_bytes())
    stray = page.read_text(encoding="utf-8").replace(
        "</body>", f"{'<div>' * 400_000}{'</b></i>' * 400_000}</body>"
    )
    (saved / f"stray-{name}").write_text(stray, encoding="utf-8")
    with limited(20):
        trials(tmp_path / "data", "import", saved, "--source", source)
    assert rows(tmp_path / "data", "select count(*) from trials") == [(1,)]
    said = "a page of more than 30,000 tags"
    assert rows(tmp_path / "data", "select source from problems where found = ?", said) == [(source,)]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' + b" " * 200_000 + b"5 x",
        b'{"a": "b",' * 30 + b"\n" * 200_000,
        b'{"list": [{"a": 1}, {"a": }]' + b"\r\n" * 200_000 + b"x",
        b'[{"a": 1}, {"a": }' + b"] \n" * 100_000 + b"x",
    ],
    ids=["blanks", "keys", "lines", "ends"],
)
def test_telling_an_array_of_studies_takes_one_pass(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x.json").write_bytes(body)
    write_study(tmp_path / "good")
    with limited(10):
        assert trials(tmp_path / "data", "import", tmp_path / "x.json", tmp_path / "good").exit_code == 0
    assert rows(tmp_path / "data", "select count(*) from trials") == [(1,)]


@pytest.mark.parametrize("words", ["a" * 60_000, "a1/" * 20_000, "a-" * 30_000 + "123"])
def test_a_search_for_one_endless_word_takes_one_pass(tmp_path: Path, words: str) -> None:
    trials(tmp_path / "data", "import", write_study(tmp_path))
    with limited(10):
        assert "at most 1,000" in trials(tmp_path / "data", "search", words).stderr


@pytest.mark.parametrize(
    ("line", "framed"),
    [
        ("Sleep [ Time Frame: 1 week ]", ("Sleep", "1 week")),
        ("Sleep [Time  frame: 1 week] [ Designated as safety issue: No ]", ("Sleep", "1 week")),
        ("Sleep [PSQI] [ Time Frame: day [1] ]", ("Sleep [PSQI]", "day [1]")),
        ("Sleep [ Time Frame: 1 week ] and more", None),
        ("Sleep", None),
        ("[ Time Frame:" * 20_000, None),
        ("[ Time Frame:" + " " * 200_000, None),
    ],
)
def test_a_time_frame_is_read_in_one_pass(line: str, framed: tuple[str, str] | None) -> None:
    from scraper.sources.blocks import Block
    from scraper.sources.ctgov_classic_parts import outcomes
    from scraper.sources.labels import Part

    with limited(5):
        found = outcomes("primary", [Part("", "", [Block("paragraph", line)])])
    assert [(one.measure, one.time_frame) for one in found] == ([framed] if framed else [])


# ── two claims to one record, warnings of libraries ─────────────────────────────────────────────────────


def test_two_files_of_one_name_about_two_trials_are_two_trials(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "page.txt").write_text(listing(f"NCT9910000{number}"))
    data = tmp_path / "data"
    assert trials(data, "import", tmp_path / "1", tmp_path / "2").exit_code == 0
    assert rows(data, "select trial_id from trials order by 1") == [("NCT99100001",), ("NCT99100002",)]
    before = rows(data, "select * from records")
    assert trials(data, "build", "--full").exit_code == 0
    assert rows(data, "select * from records") == before


@pytest.mark.parametrize("first", [1, 2])
def test_a_listing_that_names_another_trial_than_it_did_is_a_record_of_the_newer_one(
    tmp_path: Path, first: int
) -> None:
    import os

    data = tmp_path / "data"
    for number in (1, 2):
        path = write_listing(tmp_path / str(number), 990001, f"NCT9910000{number}")
        os.utime(path, (1_750_000_000 + number, 1_750_000_000 + number))
    for number in (first, 3 - first):
        assert trials(data, "import", tmp_path / str(number)).exit_code == 0
    assert rows(data, "select trial_id from records") == [("NCT99100002",)]
    assert rows(data, "select count(*) from trials") == [(2,)]
    assert trials(data, "show", "NCT99100001").exit_code == 0


@pytest.mark.parametrize("source", ["trialx", "anzctr", "chictr", "cris", "euctr"])
def test_a_page_that_looks_like_xml_or_an_address_tells_the_user_nothing_about_libraries(
    tmp_path: Path, source: str
) -> None:
    (tmp_path / "x").write_text('<?xml version="1.0"?>\n<study><name>Lantern</name></study>')
    (tmp_path / "y").write_text("https://www.trialx.com/clinical-trials/listings/1/")
    result = trials(tmp_path / "data", "import", tmp_path / "x", tmp_path / "y", "--source", source)
    assert "Warning" not in result.stderr
