"""Other tools read an export back and answer as SQLite does: DuckDB, pandas, and Spark where it is installed."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pyarrow.parquet
import pytest

from scraper.export.tables import BATCH_ROWS, EXPORTED
from scraper.store import writer
from tests.commands import rows, trials
from tests.export_rows import HOSTILE, exported, hostile_database, ordered, sql_types
from tests.samples import write_listing, write_study

QUESTIONS = {
    "How many trials are there of each status?": (
        "select overall_status, count(*) as trials from trials where overall_status is not null"
        " group by overall_status order by overall_status"
    ),
    "Which recruiting trials take a person of 34?": (
        "select trial_id from trials where overall_status = 'RECRUITING'"
        " and (minimum_age_years is null or minimum_age_years <= 34)"
        " and (maximum_age_before_years is null or 34 < maximum_age_before_years) order by trial_id"
    ),
    "How many trials allow which highest ECOG status?": (
        "select c.value, count(distinct c.trial_id) as trials"
        " from criteria_constraints c join trials t on t.trial_id = c.trial_id"
        " where c.variable = 'ecog' and c.comparator = '<=' and c.conditional = 0"
        " group by c.value order by c.value"
    ),
}
"""Three questions in the SQL that SQLite, DuckDB and Spark share."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose rows are as odd as they can be."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile_database(folder)
    return folder


@pytest.fixture(scope="module")
def folders(data: Path) -> dict[str, Path]:
    """An export in every format."""
    return {
        kind: exported(data, data.parent / f"{data.name}-{kind}", kind)
        for kind in ("parquet", "csv", "ndjson")
    }


def answers(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    found = {question: rows(data, query) for question, query in QUESTIONS.items()}
    assert all(len(answer) > 1 for answer in found.values())
    return found


def asked(query: str) -> duckdb.DuckDBPyRelation:
    """DuckDB's answer."""
    found = duckdb.sql(query)
    assert found is not None
    return found


# ── DuckDB ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", EXPORTED)
def test_duckdb_reads_every_value_of_parquet(data: Path, folders: dict[str, Path], table: str) -> None:
    found = asked(f"select * from '{folders['parquet'] / table}.parquet'")
    assert found.columns == list(sql_types(data, table))
    assert [str(t) for t in found.types] == [
        {"INTEGER": "BIGINT", "REAL": "DOUBLE", "TEXT": "VARCHAR"}[t] for t in sql_types(data, table).values()
    ]
    assert sorted(found.fetchall(), key=repr) == ordered(data, table)


@pytest.mark.parametrize("table", EXPORTED)
def test_duckdb_reads_every_value_of_csv(data: Path, folders: dict[str, Path], table: str) -> None:
    types = {
        name: {"INTEGER": "BIGINT", "REAL": "DOUBLE", "TEXT": "VARCHAR"}[t]
        for name, t in sql_types(data, table).items()
    }
    found = asked(
        f"select * from read_csv('{folders['csv'] / table}.csv', header = true, columns = {types},"
        " delim = ',', quote = '\"', escape = '\"', allow_quoted_nulls = false, strict_mode = true)"
    ).fetchall()
    assert sorted(found, key=repr) == ordered(data, table)


@pytest.mark.parametrize("kind", ["parquet", "ndjson"])
def test_duckdb_gives_sqlites_answers(data: Path, folders: dict[str, Path], kind: str) -> None:
    with closing(duckdb.connect()) as connection:
        for table in ("trials", "criteria_constraints"):
            source = f"'{folders[kind] / table}.{kind}'"
            connection.execute(f"create view {table} as select * from {source}")
        found = {question: connection.execute(query).fetchall() for question, query in QUESTIONS.items()}
    assert found == answers(data)


# ── pandas ─────────────────────────────────────────────────────────────────────────────────────────────


def plain(frame: pandas.DataFrame) -> list[tuple[Any, ...]]:
    """The rows of a frame with None for whatever pandas says is missing."""
    return [
        tuple(None if pandas.isna(value) else value for value in row)
        for row in frame.astype(object).itertuples(index=False, name=None)
    ]


@pytest.mark.parametrize("table", EXPORTED)
def test_pandas_reads_every_value_of_parquet(data: Path, folders: dict[str, Path], table: str) -> None:
    frame = pandas.read_parquet(folders["parquet"] / f"{table}.parquet", dtype_backend="pyarrow")
    assert list(frame.columns) == list(sql_types(data, table))
    assert sorted(plain(frame), key=repr) == ordered(data, table)


@pytest.mark.parametrize("table", EXPORTED)
def test_pandas_reads_csv_with_the_columns_of_the_data_package(
    data: Path, folders: dict[str, Path], table: str
) -> None:
    package = json.loads((folders["csv"] / "datapackage.json").read_text())
    (schema,) = [r["schema"] for r in package["resources"] if r["name"] == table]
    kinds = {"integer": "Int64", "number": "Float64", "string": object}
    optional = [f["name"] for f in schema["fields"] if "constraints" not in f]
    frame = pandas.read_csv(
        folders["csv"] / f"{table}.csv",
        dtype={field["name"]: kinds[field["type"]] for field in schema["fields"]},
        keep_default_na=False,
        na_values={name: [""] for name in optional},
        lineterminator=None,
    )
    # pandas does not look at the quotes: the empty text of a column that may be NULL is NULL to it.
    places = [list(sql_types(data, table)).index(name) for name in optional]
    expected = [
        tuple(None if v == "" and n in places else v for n, v in enumerate(row))
        for row in ordered(data, table)
    ]
    assert sorted(plain(frame), key=repr) == sorted(expected, key=repr)


# ── shape ──────────────────────────────────────────────────────────────────────────────────────────────


def test_row_groups_are_of_a_fixed_size_and_compressed(tmp_path: Path) -> None:
    with closing(writer.open_database(tmp_path / "trials.db")) as db, db.atomic():
        db.conn.execute(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)"
            " insert into stats select 'n', 'key' || i, i from n",
            (2 * BATCH_ROWS + 5,),
        )
    path = exported(tmp_path, tmp_path / "out", "parquet") / "stats.parquet"
    facts = pyarrow.parquet.read_metadata(path)
    sizes = [facts.row_group(n).num_rows for n in range(facts.num_row_groups)]
    assert sizes == [BATCH_ROWS, BATCH_ROWS, 5]
    assert facts.row_group(0).column(0).compression == "ZSTD"
    assert facts.metadata is None
    assert asked(f"select count(*), sum(value) from '{path}'").fetchall() == rows(
        tmp_path, "select count(*), sum(value) from stats"
    )


def test_what_the_pipeline_stores_comes_back(tmp_path: Path) -> None:
    data = tmp_path / "real"
    title = '=HYPERLINK("https://example.org","free, \'now\'")'
    trials(data, "import", write_study(tmp_path, title=title), write_listing(tmp_path, 990002, "NCT99100002"))
    folder = exported(data, tmp_path / "out", "parquet")
    for table in EXPORTED:
        found = asked(f"select * from '{folder / table}.parquet'").fetchall()
        assert sorted(found, key=repr) == ordered(data, table)
    assert asked(f"select brief_title from '{folder}/trials.parquet' limit 1").fetchall() == [(title,)]


# ── Spark ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A local Spark session; skips with the reason where Spark cannot run."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (pip install pyspark)")
    if shutil.which("java") is None:
        pytest.skip("pyspark needs java, which is not installed")
    builder = sql.SparkSession.builder.master("local[1]").appName("trials")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


# Spark's own libraries warn of their coming versions, and leave sockets to the garbage collector.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_spark_gives_sqlites_answers_and_values(data: Path, folders: dict[str, Path], spark: Any) -> None:
    for table in EXPORTED:
        frame = spark.read.parquet(str(folders["parquet"] / f"{table}.parquet"))
        frame.createOrReplaceTempView(table)
        assert frame.columns == list(sql_types(data, table))
        assert sorted((tuple(row) for row in frame.collect()), key=repr) == ordered(data, table)
    found = {
        question: [tuple(row) for row in spark.sql(query).collect()] for question, query in QUESTIONS.items()
    }
    assert found == answers(data)


def test_the_hostile_texts_are_stored_as_they_are(data: Path) -> None:
    """The other tests compare with SQLite: what is in there must be what was meant."""
    with closing(sqlite3.connect(data / "trials.db")) as connection:
        found = connection.execute("select brief_title from trials order by trial_id").fetchall()
    assert [text for (text,) in found] == HOSTILE
