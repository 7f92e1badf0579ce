"""Rows -> a Parquet file. The only module that needs pyarrow."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow
from pyarrow import parquet

from scraper.export.tables import Table
from scraper.store.rows import Row

_TYPES = {"INTEGER": pyarrow.int64(), "REAL": pyarrow.float64(), "TEXT": pyarrow.string()}


def write(path: Path, table: Table, batches: Iterable[Sequence[Row]]) -> int:
    """Write a row group for every batch; how many rows there were."""
    schema = pyarrow.schema(
        [
            pyarrow.field(column.name, _TYPES[column.sql_type], nullable=not column.required)
            for column in table.columns
        ]
    )
    count = 0
    # Every option that shapes the bytes is written down: a default may change with pyarrow's version.
    with parquet.ParquetWriter(
        path,
        schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        use_dictionary=True,
        write_statistics=True,
        store_schema=False,
    ) as writer:
        for rows in batches:
            arrays = [
                pyarrow.array(values, field.type)
                for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), row_group_size=len(rows))
            count += len(rows)
    return count
