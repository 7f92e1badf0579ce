"""Hostile names: of saved files, of what lies in archives, of addresses in other people's archives."""

import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands import rows
from tests.hostile_commands import ESCAPE, faults, listed, ran
from tests.samples import study, write_study

NAMES = (
    f"{ESCAPE}.html", "a\nb.html", "\u202egnp.exe.html", "caf\udce9.html", "--help.html", "-.html", "'; drop table trials; --.html",
    "[red]x.html", ":skull:.html", "$(id).html", "\x9b31m.html", "a\rb.json", " .xml", "~.csv", "\\..\\x.txt",
)  # fmt: skip


def test_hostile_names_of_files_are_stored_and_said_harmlessly(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(b"<p>no trial</p>")
    write_study(folder)
    for arguments in (
        ["import", str(folder)],
        ["import", str(folder), "--json"],
        ["build", "--full"],
        ["check"],
    ):
        assert faults(ran(["--data", str(tmp_path / "d"), *arguments])) == []
    for name in NAMES:
        assert faults(ran(["--data", str(tmp_path / "d"), "import", str(folder / name)])) == []
        assert faults(ran(["--data", str(tmp_path / "d"), "import", str(folder / f"no{name}")])) == []
        assert faults(ran(["coverage", str(folder / name)])) == []
    count = rows(tmp_path / "d", "select count(*) from problems where stage = 'archive' or stage = 'parse'")
    assert count == [(len(NAMES),)]
    assert {path.name for path in tmp_path.iterdir()} == {"files", "d"}


TRAVERSING = ("../../evil.html", "/etc/evil.html", "..\\..\\evil.html", "C:\\evil.html", "a/../../evil.html")
MEMBERS = (
    *TRAVERSING, f"{ESCAPE}.html", "a\nb.html", "\u202elmth.exe", "con", "." * 200, "x" * 60_000, "a//b.html", "./.",
    "~/.ssh/authorized_keys",
)  # fmt: skip


def test_names_inside_an_archive_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "deep")
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in MEMBERS:
            archive.writestr(name, "<p>no trial</p>")
        link = zipfile.ZipInfo("link.html")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("../../../good.json", json.dumps(study()))
    before = listed(tmp_path)
    for arguments in (["import", str(path)], ["import", str(path), "--json"], ["check"]):
        assert faults(ran(["--data", str(tmp_path / "d"), *arguments])) == []
    assert {name for name in listed(tmp_path) - before if name.split("/")[0] != "d"} == set()
    assert listed(tmp_path / "d") <= {"archive.db", "trials.db", "floors.json"}
    assert rows(tmp_path / "d", "select trial_id from trials") == [("NCT99100001",)]
    assert "root:x:" not in str(rows(tmp_path / "d", "select * from problems"))


@pytest.mark.parametrize(
    "hostile", [*TRAVERSING, "file:///etc/passwd", "http://127.0.0.1:1/", ESCAPE, "'; drop table pages; --"]
)
def test_addresses_in_another_archive_lead_nowhere(tmp_path: Path, hostile: str) -> None:
    write_study(tmp_path / "saved")
    assert ran(["--data", str(tmp_path / "theirs"), "import", str(tmp_path / "saved")]).exit_code == 0
    theirs = str(shutil.copy(tmp_path / "theirs" / "archive.db", tmp_path / "theirs.db"))
    with closing(sqlite3.connect(theirs)) as connection, connection:
        connection.execute("update pages set url = ?, path = ?, name = ?", (hostile,) * 3)
        connection.execute("update addresses set url = ?", (hostile,))
    before = listed(tmp_path)
    for arguments in (
        ["import", theirs],
        ["import", theirs, "--json"],
        ["build", "--full"],
        ["show", "NCT99100001"],
        ["check"],
        ["doctor"],
    ):
        assert faults(ran(["--data", str(tmp_path / "d"), *arguments])) == [], arguments
    assert {name for name in listed(tmp_path) - before if name.split("/")[0] != "d"} == set()
    assert listed(tmp_path / "d") <= {"archive.db", "trials.db", "floors.json"}


@pytest.mark.parametrize(
    "name", ["-", "--help", f"{ESCAPE}", "a\nb", "[red]x", "café\udce9", "%s$(id)", "a" * 240]
)
def test_a_watch_keeps_its_state_in_the_file_named_and_nowhere_else(tmp_path: Path, name: str) -> None:
    write_study(tmp_path / "saved")
    data = ["--data", str(tmp_path / "d")]
    assert ran([*data, "import", str(tmp_path / "saved")]).exit_code == 0
    (tmp_path / "states").mkdir()
    state = tmp_path / "states" / name
    for code in (3, 0):
        result = ran([*data, "watch", "--state", str(state)])
        assert faults(result, (code,)) == []
    assert [path.name for path in (tmp_path / "states").iterdir()] == [name]
    state.write_bytes(b"\x00\x1b[2J")
    result = ran([*data, "watch", "--state", str(state)])
    assert faults(result) == [] and result.exit_code == 1
    assert state.read_bytes() == b"\x00\x1b[2J"


@pytest.mark.parametrize("name", ["../outside", "no/such/folder/state", "a" * 300])
def test_a_state_where_no_file_can_be_is_one_line(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_study(tmp_path / "saved")
    data = ["--data", str(tmp_path / "d")]
    assert ran([*data, "import", str(tmp_path / "saved")]).exit_code == 0
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    result = ran([*data, "watch", "--state", name])
    expected = 3 if name.startswith("..") else None
    assert faults(result, (expected,) if expected else (1, 2)) == []
    assert listed(tmp_path / "here") == set()
