"""Large and damaged files come study by study: nothing is lost but what is damaged, memory stays small."""

import gzip
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.archive import formats, pieces
from scraper.archive.formats import SavedFile, Unreadable
from tests.commands import rows, trials, trials_json
from tests.samples import study

IDS = [f"NCT9920{number:04}" for number in range(40)]


def saved(path: Path) -> list[SavedFile]:
    return [file for file in formats.read(path) if isinstance(file, SavedFile)]


def unreadable(path: Path) -> list[Unreadable]:
    return [file for file in formats.read(path) if isinstance(file, Unreadable)]


def texts() -> list[str]:
    return [json.dumps(study(nct_id)) for nct_id in IDS]


def classic(nct_id: str) -> str:
    ident = {"NCTId": nct_id, "BriefTitle": "Lanterns for Keepers"}
    return json.dumps({"Rank": 1, "Study": {"ProtocolSection": {"IdentificationModule": ident}}})


ENVELOPES = {
    "answer": ('{"studies":[', "]}"),
    "answer with a total": ('{"totalCount":40,"studies": [\n', '],"nextPageToken":"abc"}'),
    "array": ("[", "]\n"),
    "pretty array": ("[\n  ", "\n]"),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few kilobytes count as large, and are read in steps of 700 bytes."""
    monkeypatch.setattr(formats, "WHOLE_BYTES", 2000)
    monkeypatch.setattr(pieces, "READ_BYTES", 700)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("between", [",", " ,\n", "\r\n,\r\n"])
def test_a_large_array_comes_study_by_study_as_it_stands(tmp_path: Path, envelope: str, between: str) -> None:
    start, end = ENVELOPES[envelope]
    (tmp_path / "all.json").write_bytes(f"{start}{between.join(texts())}{end}".encode())
    found = list(formats.read(tmp_path / "all.json"))
    assert [file.body.decode() for file in found if isinstance(file, SavedFile)] == texts()
    assert [file.path for file in found] == [f"{tmp_path}/all.json:{n}" for n in range(1, 41)]


@pytest.mark.usefixtures("small")
def test_a_large_answer_of_the_classic_api_comes_study_by_study(tmp_path: Path) -> None:
    whole = [classic(nct_id) for nct_id in IDS]
    start = '{"FullStudiesResponse":{"APIVrs":"1.01","NStudiesFound":40,"FullStudies":['
    (tmp_path / "all.json").write_text(start + ",".join(whole) + "]}}")
    assert [file.body.decode() for file in saved(tmp_path / "all.json")] == whole


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("damage", ['"title":"unclosed', "}}}}", "]", '{"a":', "\x00\x01", '"', "\\"])
@pytest.mark.parametrize("position", [0, 17, 39])
def test_a_damaged_study_costs_itself_alone(tmp_path: Path, damage: str, position: int) -> None:
    every = texts()
    every[position] = every[position].replace('"statusModule": {', '"statusModule": ' + damage + "{")
    (tmp_path / "all.json").write_text('{"studies":[' + ",".join(every) + "]}")
    data = tmp_path / "data"
    assert trials(data, "import", tmp_path / "all.json").exit_code == 0
    others = sorted(set(IDS) - {IDS[position]})
    assert [row[0] for row in rows(data, "select trial_id from trials order by 1")] == others
    assert rows(data, "select count(*) from problems where stage = 'archive'") == [(1,)]
    assert rows(data, "select url from problems") == [(f"{tmp_path}/all.json:{position + 1}",)]


def test_a_damaged_study_in_a_small_file_costs_itself_alone_too(tmp_path: Path) -> None:
    every = texts()
    every[5] = every[5].replace("Drowsiness", 'Drow"siness')
    (tmp_path / "all.json").write_text('{"studies":[' + ",".join(every) + "]}")
    counts = trials_json(tmp_path / "data", "import", tmp_path / "all.json")
    assert (counts["trials"], counts["failed"]) == (39, 1)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("cut", ["", '{"protocolSection":{"identifi'])
def test_a_file_that_was_cut_off_says_so_and_keeps_its_whole_studies(tmp_path: Path, cut: str) -> None:
    (tmp_path / "all.json").write_text('{"studies":[' + "".join(f"{text}," for text in texts()) + cut)
    assert [file.body.decode() for file in saved(tmp_path / "all.json")][:40] == texts()
    (problem,) = unreadable(tmp_path / "all.json")
    assert "end of the file after" in problem.found


@pytest.mark.usefixtures("small")
def test_elements_with_their_first_key_inside_them_stay_whole(tmp_path: Path) -> None:
    every = [json.dumps({"id": n, "x": "y" * 90, "parts": [{"id": 1}, {"id": 2}]}) for n in range(60)]
    (tmp_path / "all.json").write_text("[" + ",".join(every) + "]")
    assert [file.body.decode() for file in saved(tmp_path / "all.json")] == every


@pytest.mark.usefixtures("small")
def test_elements_that_start_with_another_key_are_found_as_well(tmp_path: Path) -> None:
    every = texts()
    for position in (3, 39):
        every[position] = '{"hasOther": false, ' + every[position][1:]
    (tmp_path / "all.json").write_text("[" + ",".join(every) + "]")
    assert [file.body.decode() for file in saved(tmp_path / "all.json")] == every


@pytest.mark.usefixtures("small")
def test_an_endless_study_is_refused_and_the_next_ones_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "MAX_FILE_BYTES", 10_000)
    every = texts()
    every[2] = every[2].replace("Drowsiness", "zz" * 20_000)
    (tmp_path / "all.json").write_text("[" + ",".join(every) + "]")
    assert [file.body.decode() for file in saved(tmp_path / "all.json")] == every[:2] + every[3:]
    assert [problem.path for problem in unreadable(tmp_path / "all.json")] == [f"{tmp_path}/all.json:3"]


@pytest.mark.parametrize("broken", [0, 1, 20])
def test_a_broken_line_costs_itself_alone(tmp_path: Path, broken: int) -> None:
    lines = texts()
    lines[broken] = lines[broken][:200]
    with gzip.open(tmp_path / "studies.ndjson.gz", "wt") as stream:
        stream.write("\n".join(lines))
    counts = trials_json(tmp_path / "data", "import", tmp_path / "studies.ndjson.gz")
    assert (counts["trials"], counts["failed"]) == (39, 1)


@pytest.mark.usefixtures("small")
def test_large_members_and_packed_members_of_a_zip_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "daily.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0/all.json", '{"studies":[' + ",".join(texts()) + "]}")
        for nct_id, text in zip(IDS, texts(), strict=True):
            archive.writestr(f"{nct_id[:7]}xxxx/{nct_id}.json", text)
        archive.writestr("packed.json.gz", gzip.compress(texts()[0].encode()))
        archive.writestr("inner.zip", b"PK\x03\x04 and so on")
    found = saved(tmp_path / "daily.zip")
    assert [file.body.decode() for file in found] == [*texts(), *texts(), texts()[0]]
    assert [problem.found for problem in unreadable(tmp_path / "daily.zip")] == [
        "an archive inside an archive"
    ]
    counts = trials_json(tmp_path / "data", "import", tmp_path / "daily.zip")
    assert (counts["trials"], counts["failed"]) == (40, 1)


@pytest.mark.usefixtures("small")
def test_a_large_table_comes_in_pieces_under_its_line_of_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "TABLE_BYTES", 500)
    header = "NCT Number,Study Title,Study Status,Brief Summary\n"
    table = header + "".join(f'{nct_id},Lanterns,RECRUITING,"Two\nlines, {nct_id}"\n' for nct_id in IDS)
    (tmp_path / "ctg-studies.csv").write_text(table)
    found = saved(tmp_path / "ctg-studies.csv")
    assert len(found) > 4
    assert all(file.body.decode().startswith(header) for file in found)
    assert header + "".join(file.body.decode().removeprefix(header) for file in found) == table
    assert trials_json(tmp_path / "data", "import", tmp_path / "ctg-studies.csv")["trials"] == 40


@pytest.mark.usefixtures("small")
def test_a_lost_quotation_mark_does_not_swallow_the_rest_of_a_large_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "TABLE_BYTES", 500)
    monkeypatch.setattr(pieces, "MOST_ROWS_BYTES", 900)
    rows_ = [f'{nct_id},"Lanterns",RECRUITING\n' for nct_id in IDS]
    rows_[7] = f'{IDS[7]},"Lanterns,RECRUITING\n'
    (tmp_path / "ctg-studies.csv").write_text("NCT Number,Study Title,Study Status\n" + "".join(rows_))
    counts = trials_json(tmp_path / "data", "import", tmp_path / "ctg-studies.csv")
    assert (counts["trials"], counts["failed"]) == (39, 1)


def test_folders_are_walked_in_order_of_their_names(tmp_path: Path) -> None:
    for number in (2, 0, 1):
        (tmp_path / f"NCT992{number}xxxx").mkdir()
        for nct_id in IDS[:3]:
            (tmp_path / f"NCT992{number}xxxx" / f"{nct_id}.json").write_text(json.dumps(study(nct_id)))
    paths = [file.path for file in formats.read(tmp_path)]
    assert len(paths) == 9 and paths == sorted(paths)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "a", "]", '"']), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(st.fixed_dictionaries({"id": _VALUES, "x": _VALUES}), min_size=1, max_size=12),
    st.sampled_from([None, 1]),
    st.booleans(),
    st.integers(min_value=20, max_value=200),
)
def test_any_list_of_objects_comes_apart_into_its_elements(
    every: list[dict[str, object]], indent: int | None, is_ascii: bool, step: int
) -> None:
    body = json.dumps({"total": 3, "studies": every}, indent=indent, ensure_ascii=is_ascii).encode()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pieces, "READ_BYTES", max(step, 120))
        found = list(pieces.elements(io.BytesIO(body), 1 << 20))
    assert [piece.damage for piece in found] == [""] * len(every)
    assert [json.loads(piece.body) for piece in found] == every


class Endless(io.RawIOBase):
    """A file of so many studies, made while it is read."""

    def __init__(self, count: int) -> None:
        self.parts = self._parts(count)
        self.rest = b""

    def _parts(self, count: int) -> Iterator[bytes]:
        body = json.dumps(study(criteria="x" * 20_000)).encode()
        yield b'{"studies":['
        yield from (b"," * (n > 0) + body for n in range(count))
        yield b"]}"

    def read(self, size: int = -1, /) -> bytes:
        while len(self.rest) < size and (part := next(self.parts, b"")):
            self.rest += part
        found, self.rest = self.rest[:size], self.rest[size:]
        return found


def test_memory_does_not_grow_with_the_file() -> None:
    peaks = []
    for count in (500, 5000):
        tracemalloc.start()
        assert sum(1 for piece in pieces.elements(Endless(count), formats.MAX_FILE_BYTES)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] < 20 << 20


def test_a_json_object_of_nested_numbers_is_told_from_an_array_at_once(tmp_path: Path) -> None:
    """Tried in every combination of its spaces it took minutes: an attacker's file, or `floors.json` of one's own."""
    numbers = ", ".join(f'"n{n}" :   {n}   ' for n in range(12))
    body = ("{" + '"a":\n {   ' * 8 + numbers + "}" * 9).encode()
    assert pieces.array_at(body) is None
    assert pieces.array_at(b'{"a": {"b" :  1 ,  "c": "d"  , "studies" : [ {"x": 1}]}}') == 45
