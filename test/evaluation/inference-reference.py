"""Writes seeded predictions of two models, and what NumPy, SciPy and scikit-learn say of them, into the folder that is named.

Usage: inference-reference.py OUT. Closed forms are compared at 1e-9; the bootstrap of rows within its Monte-Carlo error.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from scipy import stats
from sklearn import metrics as m


def placements(y, s):
    """DeLong's structural components, by the definition: all pairs."""
    positives, negatives = s[y == 1], s[y == 0]
    wins = (positives[:, None] > negatives[None, :]) + 0.5 * (positives[:, None] == negatives[None, :])
    return wins.mean(axis=1), wins.mean(axis=0)


def delong(y, a, b):
    (a10, a01), (b10, b01) = placements(y, a), placements(y, b)
    s10, s01 = np.cov(a10, b10), np.cov(a01, b01)
    covariance = s10 / len(a10) + s01 / len(a01)
    return {
        "value": a10.mean(),
        "baseline": b10.mean(),
        "ownError": float(np.sqrt(covariance[0, 0])),
        "error": float(np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])),
    }


def clustered_auc(y, a, b, g):
    """Obuchowski 1997 by linearisation: placements summed by group."""
    t = np.zeros((2, g.max() + 1))
    for row, s in enumerate([a, b]):
        v10, v01 = placements(y, s)
        area = v10.mean()
        np.add.at(t[row], g[y == 1], (v10 - area) / len(v10))
        np.add.at(t[row], g[y == 0], (v01 - area) / len(v01))
    present = np.isin(np.arange(t.shape[1]), g)
    t = t[:, present]
    scale = t.shape[1] / (t.shape[1] - 1)
    return {
        "value": placements(y, a)[0].mean(),
        "ownError": float(np.sqrt(scale * (t[0] ** 2).sum())),
        "error": float(np.sqrt(scale * ((t[0] - t[1]) ** 2).sum())),
    }


def row_bootstrap(y, a, b, metric, replicates, rng):
    own, difference = np.empty(replicates), np.empty(replicates)
    for at in range(replicates):
        rows = rng.integers(0, len(y), len(y))
        own[at] = metric(y[rows], a[rows])
        difference[at] = own[at] - metric(y[rows], b[rows])
    return {
        "value": metric(y, a),
        "baseline": metric(y, b),
        "ownDeviation": own.std(ddof=1),
        "deviation": difference.std(ddof=1),
        "interval": np.quantile(difference, [0.05, 0.95]).tolist(),
    }


def f1(y, p):
    hits = ((y == 1) & (p == 1)).sum()
    return 2 * hits / ((y == 1).sum() + (p == 1).sum())


def mcc(y, p):
    return np.corrcoef(y, p)[0, 1]


def r2(y, p):
    return 1 - ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum()


def f1_macro(y, p):
    hits, truth, guess = (np.bincount(x, minlength=10) for x in (y[y == p], y, p))
    return (2 * hits / (truth + guess)).mean()


def auc_macro(y, s):
    areas = []
    for k in range(s.shape[1]):
        ranks, positives = stats.rankdata(s[:, k]), (y == k).sum()
        areas.append((ranks[y == k].sum() / positives - (positives + 1) / 2) / (len(y) - positives))
    return np.mean(areas)


def mean_t(a, b):
    d = a - b
    test = stats.ttest_rel(a, b)
    interval = test.confidence_interval(0.9)
    return {
        "value": a.mean(),
        "baseline": b.mean(),
        "error": d.std(ddof=1) / np.sqrt(len(d)),
        "p": float(stats.ttest_rel(a, b, alternative="greater").pvalue),
        "interval": [float(interval.low), float(interval.high)],
    }


def weighted_mean(a, b, w, g=None):
    total = w.sum()
    parts = []
    for loss in [a, a - b]:
        t = w * (loss - (w * loss).sum() / total) / total
        if g is not None:
            t = np.array([t[g == each].sum() for each in np.unique(g)])
        parts.append(float(np.sqrt(len(t) / (len(t) - 1) * (t**2).sum())))
    return {"value": (w * a).sum() / total, "ownError": parts[0], "error": parts[1]}


def main(out):
    rng = np.random.default_rng(20260711)
    n = 1200
    y = (rng.random(n) < 0.35).astype(int)
    signal = np.where(y == 1, 0.62, 0.4)
    shared = rng.normal(0, 0.18, n)
    # Two decimals, so that many scores are tied.
    a = np.clip(np.round(signal + shared + rng.normal(0, 0.1, n), 2), 0.01, 0.99)
    b = np.clip(np.round(signal + shared + rng.normal(0, 0.16, n), 2), 0.01, 0.99)
    pa_, pb = (a >= 0.5).astype(int), (b >= 0.5).astype(int)
    g = rng.integers(0, 150, n)
    w = np.round(rng.random(n) * 3 + 0.05, 3)
    country = rng.choice(["NO", "SE", "DK"], n, p=[0.5, 0.3, 0.2])
    age = rng.integers(10, 90, n)
    names = np.array(["well", "sick"])
    ids = [f"row-{i}" for i in rng.permutation(n)]
    order = rng.permutation(n)
    shared_columns = {"g": g, "w": w, "country": country, "age": age}
    table = pa.table({"id": ids, "y": names[y], "p": names[pa_], "s": a, **shared_columns})
    parquet.write_table(table, out / "binary-candidate.parquet")
    table = pa.table({"id": ids, "y": names[y], "p": names[pb], "s": b, **shared_columns}).take(order)
    parquet.write_table(table, out / "binary-baseline.parquet")

    def logloss(s):
        return -np.log(np.where(y == 1, s, 1 - s))

    reference = {
        "n": n,
        "accuracy": {
            "value": (pa_ == y).mean(),
            "baseline": (pb == y).mean(),
            "discordant": [int(((pa_ == y) & (pb != y)).sum()), int(((pa_ != y) & (pb == y)).sum())],
        },
        "roc-auc": delong(y, a, b),
        "roc-auc clustered": clustered_auc(y, a, b, g),
        "log-loss": mean_t(logloss(a), logloss(b)),
        "brier": mean_t((a - y) ** 2, (b - y) ** 2),
        "log-loss weighted": weighted_mean(logloss(a), logloss(b), w),
        "log-loss clustered": weighted_mean(logloss(a), logloss(b), np.ones(n), g),
        "accuracy weighted": weighted_mean((pa_ == y) * 1.0, (pb == y) * 1.0, w),
        "accuracy clustered": weighted_mean((pa_ == y) * 1.0, (pb == y) * 1.0, np.ones(n), g),
        "f1": row_bootstrap(y, pa_, pb, f1, 4000, rng),
        "mcc": row_bootstrap(y, pa_, pb, mcc, 1000, rng),
        "pr-auc": {
            "value": m.average_precision_score(y, a),
            "baseline": m.average_precision_score(y, b),
        },
        "slices": {
            "country=NO": [int((country == "NO").sum()), ((pa_ == y)[country == "NO"]).mean()],
            "country=SE": [int((country == "SE").sum()), ((pa_ == y)[country == "SE"]).mean()],
            "age<18": [int((age < 18).sum()), ((pa_ == y)[age < 18]).mean()],
            "18<=age<40": [int(((age >= 18) & (age < 40)).sum()), ((pa_ == y)[(age >= 18) & (age < 40)]).mean()],
            "age>=40": [int((age >= 40).sum()), ((pa_ == y)[age >= 40]).mean()],
            "old": [int((age >= 65).sum()), ((pa_ == y)[age >= 65]).mean()],
            "country=SE & age<18": [
                int(((country == "SE") & (age < 18)).sum()),
                ((pa_ == y)[(country == "SE") & (age < 18)]).mean(),
            ],
        },
        "slice auc": {
            each: delong(y[country == each], a[country == each], b[country == each]) for each in ["NO", "SE", "DK"]
        },
    }

    # Regression.
    truth = 1000 + rng.normal(0, 5, n)
    one, two = truth + rng.normal(0.1, 1, n), truth + rng.normal(0.3, 1.2, n)
    for name, p in [("candidate", one), ("baseline", two)]:
        parquet.write_table(pa.table({"id": np.arange(n), "y": truth, "p": p}), out / f"regression-{name}.parquet")
    losses = {
        "mae": (abs(truth - one), abs(truth - two)),
        "bias": (one - truth, two - truth),
        "mape": (abs(truth - one) / truth, abs(truth - two) / truth),
        "quantile-loss-0.9": tuple(
            np.where(truth >= p, 0.9 * (truth - p), 0.1 * (p - truth)) for p in (one, two)
        ),
    }
    reference["regression"] = {name: mean_t(*pair) for name, pair in losses.items()}
    wilcoxon = stats.wilcoxon(abs(truth - one), abs(truth - two), alternative="less", correction=True)
    reference["regression"]["wilcoxon p"] = float(wilcoxon.pvalue)
    def rmse(t, p):
        return float(np.sqrt(((t - p) ** 2).mean()))

    reference["regression"]["rmse"] = row_bootstrap(truth, one, two, rmse, 4000, rng)
    reference["regression"]["r2"] = row_bootstrap(truth, one, two, r2, 2000, rng)

    # Ten classes.
    k = 10
    y = rng.integers(0, k, n)
    scores = []
    for strength in [1.6, 1.4]:
        logits = rng.normal(0, 1, (n, k))
        logits[np.arange(n), y] += strength
        scores.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    for name, s in zip(["candidate", "baseline"], scores):
        columns = {"id": np.arange(n), "y": y, "p": s.argmax(axis=1), **{f"s{i}": s[:, i] for i in range(k)}}
        parquet.write_table(pa.table(columns), out / f"classes-{name}.parquet")
    predictions = [s.argmax(axis=1) for s in scores]

    # The fast forms that are resampled, against scikit-learn's.
    assert abs(f1_macro(y, predictions[0]) - m.f1_score(y, predictions[0], average="macro")) < 1e-12
    assert abs(auc_macro(y, scores[0]) - m.roc_auc_score(y, scores[0], multi_class="ovr", average="macro")) < 1e-12
    assert abs(r2(truth, one) - m.r2_score(truth, one)) < 1e-12
    reference["classes"] = {
        "f1-macro": row_bootstrap(y, *predictions, f1_macro, 500, rng),
        "roc-auc": row_bootstrap(y, *scores, auc_macro, 200, rng),
        "top-3-accuracy": {
            "value": m.top_k_accuracy_score(y, scores[0], k=3),
            "baseline": m.top_k_accuracy_score(y, scores[1], k=3),
        },
        "kappa": {"value": m.cohen_kappa_score(y, predictions[0]), "baseline": m.cohen_kappa_score(y, predictions[1])},
    }
    (out / "inference.json").write_text(json.dumps(reference, indent=1, default=float), encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    main(folder)
