"""How many trials ask for which ECOG performance status at most. Run: python limits_polars.py trials.db"""

import sqlite3
import sys

import polars

connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
limits = polars.read_database(
    "select trial_id, value from criteria_constraints"
    " where variable = 'ecog' and comparator = '<=' and not conditional",
    connection,
)
connection.close()
for value, trials in (
    limits.group_by("value").agg(polars.col("trial_id").n_unique()).sort("value").iter_rows()
):
    print(value, trials)
