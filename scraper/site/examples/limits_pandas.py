"""How many trials ask for which ECOG performance status at most. Run: python limits_pandas.py trials.db"""

import sqlite3
import sys

import pandas

connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
limits = pandas.read_sql(
    "select trial_id, value from criteria_constraints"
    " where variable = 'ecog' and comparator = '<=' and not conditional",
    connection,
)
connection.close()
print(limits.groupby("value")["trial_id"].nunique().to_string())
