"""The examples that /data offers, run over the invented trials: every runtime that is here, in CI all of them."""

import os
import shutil
import sqlite3
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from scraper.site.pages.data import EXAMPLES
from tests import demo
from tests.commands import rows
from tests.site_client import ask

FOLDER = Path(str(files("scraper.site").joinpath("examples")))
NOTEBOOK = """
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, timeout=120).execute()
print(notebook.cells[-1].outputs[-1].text)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    assert demo.main(["--build-only", "--data", str(folder)]) == 0
    return folder


def _run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _ecog(data: Path) -> list[tuple[float, int]]:
    return rows(
        data,
        "select value, count(distinct trial_id) from criteria_constraints"
        " where variable = 'ecog' and comparator = '<=' and not conditional group by value order by value",
    )


def _pairs(text: str) -> list[tuple[float, int]]:
    lines = [line.split() for line in text.splitlines()]
    return [(float(line[0]), int(line[1])) for line in lines if len(line) == 2]


def test_every_example_is_a_file_that_the_page_offers_and_the_site_serves(data: Path) -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == set(EXAMPLES)
    page, *served = ask(data / "trials.db", "/data", *(f"/data/{name}" for name in EXAMPLES))
    links = {str(a["href"]) for a in page.page.select("a[href^='/data/']")}
    assert links == {f"/data/{name}" for name in EXAMPLES}
    assert [answer.body for answer in served] == [(FOLDER / name).read_bytes() for name in EXAMPLES]


@pytest.mark.parametrize("name", ["../site/plugin.py", "..%2Fserve.py", "nothing.sql"])
def test_another_file_is_not_served(data: Path, name: str) -> None:
    (answer,) = ask(data / "trials.db", f"/data/{name}")
    assert answer.status == 404


def test_sql_example_finds_who_may_enter_at_34(data: Path) -> None:
    connection = sqlite3.connect(data / "trials.db")
    found = [row[0] for row in connection.execute((FOLDER / "eligible.sql").read_text())]
    connection.close()
    assert "NCT99000001" in found
    assert len(found) == len(set(found)) > 1


@pytest.mark.parametrize("name", ["limits_pandas.py", "limits_polars.py"])
def test_python_examples_count_what_sql_counts(data: Path, name: str) -> None:
    assert _pairs(_run(sys.executable, FOLDER / name, data / "trials.db")) == _ecog(data) != []


def test_r_example_counts_what_sql_counts(data: Path) -> None:
    if shutil.which("Rscript") is None and "REQUIRE_R" not in os.environ:
        pytest.skip("R is not installed (Debian: r-base-core, r-cran-rsqlite)")
    assert _pairs(_run("Rscript", FOLDER / "limits.R", data / "trials.db")) == _ecog(data) != []


def test_notebook_runs_from_top_to_bottom(data: Path) -> None:
    said = _run(sys.executable, "-c", NOTEBOOK, FOLDER / "eligible.ipynb", TRIALS_DB=str(data / "trials.db"))
    eligible, conflicts = said.split()
    assert int(eligible) > 0
    assert [(int(conflicts),)] == rows(data, "select count(*) from conflicts")
