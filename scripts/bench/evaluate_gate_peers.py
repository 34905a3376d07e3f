"""What users have today, at the size that it can stand: bootstraps of paired differences in SciPy and in NumPy.

Usage: evaluate_gate_peers.py CANDIDATE.parquet BASELINE.parquet REPLICATES NAME...
NAME is one of scipy-accuracy, accuracy, roc-auc and mae. Prints JSON: seconds, replicates and the 90 % percentile interval of
candidate - baseline by name. Reading and joining the files is counted for each, as it is for the gate.

The NumPy bootstraps are written for speed. Means: indices are drawn and gathered for a block of replicates at once, and
only the paired difference is kept. AUC: both models share one count of how often each row was drawn, and rows are
sorted once, so that a replicate is a cumulative sum.
"""

import json
import sys
import time

import numpy as np
import pyarrow.parquet as parquet

LEVEL = 0.9
SEED = 7
# Elements of one block of drawn indices: 32 MiB of 32-bit numbers.
BLOCK = 8 * 1024 * 1024


def paired(candidate_path, baseline_path):
    """Columns of both files as arrays, in the order of the ids."""

    def ordered(path):
        table = parquet.read_table(path)
        columns = {name: table[name].to_numpy() for name in table.column_names}
        order = np.argsort(columns["id"])
        return {name: values[order] for name, values in columns.items()}

    candidate, baseline = ordered(candidate_path), ordered(baseline_path)
    if not np.array_equal(candidate["id"], baseline["id"]):
        raise SystemExit("The files do not have the same ids.")
    return candidate, baseline


def percentile(values):
    tail = (1 - LEVEL) / 2
    return np.quantile(values, [tail, 1 - tail])


def correct(model):
    return (model["prediction"] == model["label"]).astype(np.float64)


def scipy_accuracy(candidate, baseline, replicates):
    from scipy.stats import bootstrap

    n = len(candidate["id"])
    result = bootstrap(
        (correct(candidate), correct(baseline)),
        lambda a, b, axis=-1: a.mean(axis=axis) - b.mean(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=replicates,
        batch=max(1, BLOCK // n),
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(SEED),
    )
    return result.confidence_interval


def mean_difference(differences, replicates):
    """Blocks of replicates: rows are drawn for all of a block at once, and gathered."""
    n = len(differences)
    rng = np.random.default_rng(SEED)
    block = max(1, BLOCK // n)
    values = np.empty(replicates)
    for start in range(0, replicates, block):
        size = min(block, replicates - start)
        rows = rng.integers(0, n, size=(size, n), dtype=np.uint32)
        values[start : start + size] = differences[rows].mean(axis=1)
    return percentile(values)


def numpy_accuracy(candidate, baseline, replicates):
    return mean_difference((correct(candidate) - correct(baseline)).astype(np.float32), replicates)


def numpy_mae(candidate, baseline, replicates):
    errors = [np.abs(model["value"] - model["target"]) for model in (candidate, baseline)]
    return mean_difference(errors[0] - errors[1], replicates)


class WeightedAuc:
    """The AUC of rows that each count a whole number of times; ties count half."""

    def __init__(self, label, score):
        order = np.argsort(score)
        positive, negative = order[label[order] == 1], order[label[order] == 0]
        self.positive, self.negative = positive, negative
        # How many negative rows lie below each positive row, and how many at most as high.
        self.below = np.searchsorted(score[negative], score[positive], side="left")
        self.most = np.searchsorted(score[negative], score[positive], side="right")
        self.tied = not np.array_equal(self.below, self.most)
        self.sums = np.zeros(len(negative) + 1, dtype=np.int64)

    def __call__(self, counts):
        np.cumsum(counts[self.negative], out=self.sums[1:])
        weights = counts[self.positive]
        lower = self.sums[self.below]
        wins = 2 * lower if not self.tied else lower + self.sums[self.most]
        return np.sum(weights * wins) / (2 * weights.sum() * self.sums[-1])


def numpy_auc(candidate, baseline, replicates):
    n = len(candidate["id"])
    rng = np.random.default_rng(SEED)
    own = WeightedAuc(candidate["label"], candidate["score"])
    other = WeightedAuc(candidate["label"], baseline["score"])
    values = np.empty(replicates)
    for replicate in range(replicates):
        counts = np.bincount(rng.integers(0, n, size=n), minlength=n)
        values[replicate] = own(counts) - other(counts)
    return percentile(values)


WORKS = {"scipy-accuracy": scipy_accuracy, "accuracy": numpy_accuracy, "roc-auc": numpy_auc, "mae": numpy_mae}


def main():
    candidate_path, baseline_path, replicates, *names = sys.argv[1:]
    report = {}
    for name in names:
        start = time.perf_counter()
        candidate, baseline = paired(candidate_path, baseline_path)
        low, high = WORKS[name](candidate, baseline, int(replicates))
        seconds = time.perf_counter() - start
        report[name] = {"seconds": seconds, "replicates": int(replicates), "interval": [float(low), float(high)]}
        print(f"{name}: {seconds:.1f} s", file=sys.stderr)
    print(json.dumps(report))


main()
