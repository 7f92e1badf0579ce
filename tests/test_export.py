"""An export is whole or absent, the same bytes every time, and says what it is."""

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import scraper.export
from scraper.errors import SettingsError, StoreError
from scraper.export.folder import replacing
from scraper.export.manifest import descriptions
from scraper.export.tables import EXPORTED, INTERNAL
from scraper.export.write import FORMATS, export
from scraper.store import reader, writer
from tests.commands import rows, trials, trials_json
from tests.export_rows import change, exported, hostile_database, ordered, sql_types, table_names
from tests.samples import write_listing, write_study


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a few ordinary trials and a conflict."""
    data = tmp_path / "data"
    trials(
        data, "import", write_study(tmp_path), write_study(tmp_path, "NCT99100002"), write_listing(tmp_path)
    )
    return data


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    data = tmp_path / "hostile"
    hostile_database(data)
    return data


class Stopped(Exception):
    """What stands for a full disk or a Ctrl-C halfway."""


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def quiet(*_: object) -> None:
    """Progress that nobody watches."""


# ── what is exported ───────────────────────────────────────────────────────────────────────────────────


def test_every_table_is_exported_or_internal_by_name(data: Path) -> None:
    assert set(table_names(data)) == set(EXPORTED) | INTERNAL
    assert not set(EXPORTED) & INTERNAL


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_database_gives_the_same_bytes(data: Path, tmp_path: Path, kind: str) -> None:
    first = bytes_of(exported(data, tmp_path / "one", kind))
    assert bytes_of(exported(data, tmp_path / "two", kind)) == first
    assert bytes_of(exported(data, tmp_path / "one", kind)) == first
    assert set(first) == {f"{name}.{kind}" for name in EXPORTED} | {
        "manifest.json",
        "datapackage.json",
        "README.txt",
        "SHA256SUMS",
    }


@pytest.mark.parametrize("kind", FORMATS)
def test_a_rebuilt_database_gives_the_same_tables(data: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "noise.txt").write_text("nothing of the kind")
    trials(data, "import", tmp_path / "noise.txt")
    before = bytes_of(exported(data, tmp_path / "out", kind))
    trials(data, "build", "--full")
    assert bytes_of(exported(data, tmp_path / "out", kind)) == before


@pytest.mark.parametrize("kind", FORMATS)
def test_the_manifest_tells_the_truth_about_every_file(hostile: Path, tmp_path: Path, kind: str) -> None:
    folder = exported(hostile, tmp_path / "out", kind)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [file["table"] for file in manifest["files"]] == list(EXPORTED)
    for file in manifest["files"]:
        content = (folder / file["name"]).read_bytes()
        assert file["bytes"] == len(content)
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert [(file["rows"],)] == rows(hostile, f"select count(*) from {file['table']}")
        assert {c["name"]: c["sql_type"] for c in file["columns"]} == sql_types(hostile, file["table"])
    assert manifest["snapshot_at"] == "2026-01-02T00:00:00Z"
    assert re.fullmatch(r"m\d{3}_\w+", manifest["schema_step"])
    assert manifest["sources"] == [
        {
            "name": "ctgov",
            "title": "ClinicalTrials.gov",
            "licence": "public domain",
            "attribution": "the registry",
        }
    ]


def test_the_checksums_are_those_of_all_other_files(data: Path, tmp_path: Path) -> None:
    folder = exported(data, tmp_path / "out", "csv")
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in bytes_of(folder).items()
        if name != "SHA256SUMS"
    }


def test_the_data_package_describes_every_column_and_key(data: Path, tmp_path: Path) -> None:
    package = json.loads((exported(data, tmp_path / "out", "csv") / "datapackage.json").read_text())
    tables = {resource["name"]: resource["schema"] for resource in package["resources"]}
    assert list(tables) == list(EXPORTED)
    known = descriptions()
    for name, schema in tables.items():
        for field in schema["fields"]:
            assert field["description"] == known[name, field["name"]]
    assert tables["trials"]["primaryKey"] == ["trial_id"]
    assert tables["conditions"]["primaryKey"] == ["trial_id", "position"]
    assert tables["criteria"]["foreignKeys"] == [
        {"fields": ["parent_id"], "reference": {"fields": ["id"]}},
        {"fields": ["trial_id"], "reference": {"resource": "trials", "fields": ["trial_id"]}},
    ]
    types = {field["name"]: field["type"] for field in tables["trials"]["fields"]}
    assert (types["trial_id"], types["enrollment"], types["minimum_age_years"]) == (
        "string",
        "integer",
        "number",
    )


def test_nothing_says_when_or_where_the_export_was_made(data: Path, tmp_path: Path) -> None:
    everything = b"".join(bytes_of(exported(data, tmp_path / "out", "ndjson")).values())
    assert str(tmp_path / "out").encode() not in everything


# ── values ─────────────────────────────────────────────────────────────────────────────────────────────


def read_csv(text: str) -> list[list[str | None]]:
    """RFC 4180 with NULL for an empty field without quotes; written apart from the code under test."""
    lines: list[list[str | None]] = []
    line: list[str | None] = []
    for match in re.finditer(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)', text):
        quoted, bare, end = match.groups()
        line.append(quoted.replace('""', '"') if quoted is not None else bare or None)
        if end == "\r\n":
            lines.append(line)
            line = []
    return lines


CONVERT: dict[str, Callable[[str], object]] = {"INTEGER": int, "REAL": float, "TEXT": str}


@pytest.mark.parametrize("table", EXPORTED)
def test_csv_gives_back_every_value_and_tells_null_from_the_empty_text(
    hostile: Path, tmp_path: Path, table: str
) -> None:
    text = (exported(hostile, tmp_path / "out", "csv") / f"{table}.csv").read_bytes().decode()
    header, *lines = read_csv(text)
    types = sql_types(hostile, table)
    assert header == list(types)
    found = [
        tuple(None if v is None else CONVERT[t](v) for v, t in zip(line, types.values(), strict=True))
        for line in lines
    ]
    assert sorted(found, key=repr) == ordered(hostile, table)


def test_csv_is_what_pythons_own_reader_reads(hostile: Path, tmp_path: Path) -> None:
    text = (exported(hostile, tmp_path / "out", "csv") / "trial_text.csv").read_bytes().decode()
    found = [row["eligibility_criteria"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert found == [
        v for (v,) in rows(hostile, "select eligibility_criteria from trial_text order by trial_id")
    ]


@pytest.mark.parametrize("table", EXPORTED)
def test_ndjson_gives_back_every_value(hostile: Path, tmp_path: Path, table: str) -> None:
    content = (exported(hostile, tmp_path / "out", "ndjson") / f"{table}.ndjson").read_bytes()
    found = [json.loads(line) for line in content.split(b"\n")[:-1]]
    assert all(list(row) == list(sql_types(hostile, table)) for row in found)
    assert sorted((tuple(row.values()) for row in found), key=repr) == ordered(hostile, table)


def test_rows_come_in_the_order_of_the_primary_key(hostile: Path, tmp_path: Path) -> None:
    content = (exported(hostile, tmp_path / "out", "ndjson") / "trials.ndjson").read_bytes()
    ids = [json.loads(line)["trial_id"] for line in content.split(b"\n")[:-1]]
    assert ids == sorted(ids) and len(ids) > 2


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("value", ["'forty'", "x'00'", "1.5"])
def test_a_value_of_the_wrong_type_stops_the_export_with_one_line(
    data: Path, tmp_path: Path, kind: str, value: str
) -> None:
    change(data, f"update trials set enrollment = {value}")
    result = trials(data, "export", tmp_path / "out", "--format", kind)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "'trials'" in line and "NCT99100001" in line and "trials build --full" in line
    assert not (tmp_path / "out").exists()


# ── nothing there, nothing installed, no place ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_database_gives_empty_tables(tmp_path: Path, kind: str) -> None:
    writer.open_database(tmp_path / "data" / "trials.db").close()
    assert trials_json(tmp_path / "data", "export", tmp_path / "out", "--format", kind)[
        "rows"
    ] == dict.fromkeys(EXPORTED, 0)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["snapshot_at"], manifest["sources"]) == ("", [])


def test_without_a_database_nothing_is_written(tmp_path: Path) -> None:
    result = trials(tmp_path / "data", "export", tmp_path / "out")
    assert result.exit_code == 1 and "does not exist" in result.stderr
    assert not (tmp_path / "out").exists()


def test_parquet_without_pyarrow_says_how_to_install_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "scraper.export.parquet", raising=False)
    monkeypatch.delattr(scraper.export, "parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = trials(data, "export", tmp_path / "out")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "pip install 'trials[export]'" in line
    assert not (tmp_path / "out").exists()
    assert trials(data, "export", tmp_path / "out", "--format", "csv").exit_code == 0


def test_an_unknown_format_is_a_bad_argument(data: Path, tmp_path: Path) -> None:
    assert trials(data, "export", tmp_path / "out", "--format", "xlsx").exit_code == 2


@pytest.mark.parametrize("name", ["notes.txt", "manifest.json", "README.txt", "trials.parquet", ".hidden"])
def test_a_folder_with_anything_else_in_it_is_refused_and_left_alone(
    data: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("{}")
    result = trials(data, "export", tmp_path / "out")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert repr(name) in line and "expected" in line
    assert bytes_of(tmp_path / "out") == {name: b"{}"}


def test_a_file_beside_a_former_export_is_refused_too(data: Path, tmp_path: Path) -> None:
    folder = exported(data, tmp_path / "out", "csv")
    (folder / "mine.sql").write_text("select 1")
    before = bytes_of(folder)
    assert trials(data, "export", folder, "--format", "csv").exit_code == 2
    assert bytes_of(folder) == before


def test_the_data_folder_and_a_file_are_refused(data: Path) -> None:
    assert trials(data, "export", data).exit_code == 2
    assert trials(data, "export", data / "trials.db").exit_code == 2
    assert rows(data, "select count(*) from trials") == [(2,)]


def test_a_manifest_that_names_files_elsewhere_leads_nowhere(data: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.csv").write_text("mine")
    folder = exported(data, tmp_path / "out", "csv")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"].append({"name": "../precious.csv"})
    (folder / "manifest.json").write_text(json.dumps(manifest))
    exported(data, folder, "parquet")
    assert (tmp_path / "precious.csv").read_text() == "mine"


def test_a_former_export_in_another_format_is_replaced_whole(data: Path, tmp_path: Path) -> None:
    exported(data, tmp_path / "out", "csv")
    exported(data, tmp_path / "out", "parquet")
    assert not list((tmp_path / "out").glob("*.csv"))
    assert bytes_of(tmp_path / "out") == bytes_of(exported(data, tmp_path / "fresh", "parquet"))


def test_two_exports_to_one_folder_do_not_mix(data: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped), replacing(tmp_path / "out") as first:
        (first / "held").write_text("")
        result = trials(data, "export", tmp_path / "out")
        assert result.exit_code == 1 and "another command is exporting" in result.stderr
        with pytest.raises(StoreError), replacing(tmp_path / "out"):
            pass
        assert (first / "held").exists()
        raise Stopped


# ── kills ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_that_fails_halfway_leaves_the_old_one_whole(data: Path, tmp_path: Path, kind: str) -> None:
    before = bytes_of(exported(data, tmp_path / "out", "csv"))

    def stop(what: str, *_: object) -> None:
        if what == "export criteria":
            raise Stopped

    for folder in (tmp_path / "out", tmp_path / "new"):
        with closing(reader.open_readonly(data / "trials.db")) as db, pytest.raises(Stopped):
            export(db.conn, folder, kind, stop)
    assert bytes_of(tmp_path / "out") == before
    assert not (tmp_path / "new").exists()


# Dies at the nth time a finished file is moved into place; 0 is before the first.
KILLED = """
import os, sys
from pathlib import Path
from scraper.export.write import export
from scraper.store import reader

moved = 0
move = Path.replace

def replace(self, target):
    global moved
    if moved == int(sys.argv[3]):
        os._exit(9)
    moved += 1
    return move(self, target)

def progress(what, done, total):
    if int(sys.argv[3]) < 0 and what == "export records":
        os._exit(9)

Path.replace = replace
export(reader.open_readonly(Path(sys.argv[1])).conn, Path(sys.argv[2]), "ndjson", progress)
"""


@pytest.mark.parametrize("moves", [-1, 0, 1, 15, len(EXPORTED) + 3])
@pytest.mark.parametrize("former", ["csv", "ndjson", ""])
def test_a_kill_leaves_no_half_file_and_the_next_export_mends_all(
    data: Path, tmp_path: Path, moves: int, former: str
) -> None:
    folder = tmp_path / "out"
    before = bytes_of(exported(data, folder, former)) if former else {}
    change(data, "update trials set acronym = 'LANTERN'")
    after = bytes_of(exported(data, tmp_path / "whole", "ndjson"))
    command = [sys.executable, "-c", KILLED, str(data / "trials.db"), str(folder), str(moves)]
    assert subprocess.run(command, check=False).returncode == 9
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert all(content in (before.get(name), after.get(name)) for name, content in found.items())
    if moves < 0:
        assert found == before
    assert bytes_of(exported(data, folder, "ndjson")) == after


def test_the_memory_of_an_export_does_not_grow_with_the_table(tmp_path: Path) -> None:
    """Batches are of a fixed size: a file of 250 MB goes through less, and a longer one through no more."""
    data = tmp_path / "data"
    with closing(writer.open_database(data / "trials.db")) as db, db.atomic():
        db.conn.execute("pragma foreign_keys = off")
        db.conn.execute(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)"
            " insert into trial_text (trial_id, brief_summary) select 'NCT' || i, hex(randomblob(1500)) from n"
        )
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from scraper.export import parquet\n"
        "from scraper.export.write import export\n"
        "from scraper.store import reader\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "db = reader.open_readonly(Path(sys.argv[1]))\n"
        "export(db.conn, Path(sys.argv[2]), sys.argv[3], lambda *_: None)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    for kind, megabytes in (("parquet", 200), ("csv", 80), ("ndjson", 80)):
        command = [sys.executable, "-c", script, str(data / "trials.db"), str(tmp_path / kind), kind]
        output = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        grown = int(output) * (1 if sys.platform == "darwin" else 1024)
        assert grown < megabytes << 20 < (data / "trials.db").stat().st_size, (kind, grown)


def test_a_folder_that_cannot_be_written_is_one_line(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = trials(data, "export", tmp_path / "file" / "out")
    assert result.exit_code in (1, 2)
    assert len(result.stderr.splitlines()) == 1 and "Traceback" not in result.stderr


def test_the_refusal_is_a_bad_argument(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(SettingsError), replacing(tmp_path):
        os.abort()  # never reached: the folder is refused first
