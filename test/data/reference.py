"""Counts the same things as validate-data, with readers of its own: Python's csv and Apache Arrow's Parquet.

usage: reference.py FILE
"""

import csv
import json
import re
import sys

import pyarrow.parquet

path = sys.argv[1]
if path.endswith(".parquet"):
    rows = pyarrow.parquet.read_table(path).to_pylist()
else:
    with open(path, encoding="utf-8", newline="") as file:
        rows = [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]


def values(column):
    return [row[column] for row in rows if row[column] is not None]


amounts = [float(value) for value in values("amount")]
ids = values("id")
print(
    json.dumps(
        {
            "rows": len(rows),
            "nulls": {column: len(rows) - len(values(column)) for column in rows[0]},
            "distinct": {column: len(set(values(column))) for column in rows[0]},
            "duplicates": len(ids) - len(set(ids)),
            "below": sum(amount < 10 for amount in amounts),
            "above": sum(amount > 90 for amount in amounts),
            "short": sum(len(text) < 3 for text in values("name")),
            "unmatched": sum(re.search("^[A-Z][a-z]*$", text) is None for text in values("name")),
            "unlisted": sum(text not in ("a", "b") for text in values("kind")),
        }
    )
)
