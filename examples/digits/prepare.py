"""Writes the handwritten digits that scikit-learn ships as two Parquet splits. Downloads nothing.

    python prepare.py [--output data]

The data is the test part of the UCI "Optical Recognition of Handwritten Digits" set: 1,797 images of 8 x 8 pixels,
each with 0 to 16 ink. The same call always writes the same bytes.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

PIXELS = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
# The split is part of the data's definition: another one makes results incomparable.
SPLIT_SEED = 20261122
TEST_SHARE = 1 / 3


def table(images: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> pa.Table:
    """Rows in the order of the original data, with their place in it as id."""
    rows = np.sort(rows)
    columns = {"id": pa.array(rows, pa.int32())}
    for index, name in enumerate(PIXELS):
        columns[name] = pa.array(images[rows, index].astype(np.uint8), pa.uint8())
    columns["label"] = pa.array(labels[rows].astype(np.uint8), pa.uint8())
    return pa.table(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the digits as two Parquet splits.")
    parser.add_argument("--output", type=Path, default=Path("data"))
    output = parser.parse_args().output
    images, labels = load_digits(return_X_y=True)
    train, test = train_test_split(
        np.arange(len(labels)), test_size=TEST_SHARE, random_state=SPLIT_SEED, stratify=labels
    )
    output.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", train), ("test", test)):
        pq.write_table(table(images, labels, rows), output / f"{name}.parquet", compression="zstd")
        print(f"{output / name}.parquet: {len(rows)} rows")


if __name__ == "__main__":
    main()
