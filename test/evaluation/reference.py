"""Writes seeded predictions in three formats, and what scikit-learn says of them, into the folder that is named.

Usage: reference.py OUT. The test compares the metrics that SQL gives with these at 1e-9.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet
from sklearn import metrics as m


def classes(y, p, weight, positive):
    result = {"accuracy": m.accuracy_score(y, p, sample_weight=weight)}
    for name, score in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
        for average in ["macro", "weighted"]:
            result[f"{name}-{average}"] = score(y, p, average=average, sample_weight=weight, zero_division=0)
        if positive is not None:
            result[name] = score(y, p, pos_label=positive, average="binary", sample_weight=weight, zero_division=0)
    return result


def numbers(y, p, weight):
    return {
        "mae": m.mean_absolute_error(y, p, sample_weight=weight),
        "rmse": float(np.sqrt(m.mean_squared_error(y, p, sample_weight=weight))),
        "r2": m.r2_score(y, p, sample_weight=weight),
    }


def main(out):
    rng = np.random.default_rng(20260711)
    cases = []

    def case(name, columns, gate, expected):
        table = pa.table({"id": [f"row-{i}" for i in rng.permutation(len(columns["y"]))], **columns})
        parquet.write_table(table, out / f"{name}.parquet", row_group_size=500)
        csv.write_csv(table, out / f"{name}.csv")
        with open(out / f"{name}.jsonl", "w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in table.to_pylist())
        cases.append({"name": name, "evaluation": gate, "n": table.num_rows, "expected": expected})

    # Binary: scores of one decimal, so that most are tied; some are exactly 0 and 1, where log loss clips.
    n = 1500
    y = rng.random(n) < 0.3
    score = np.clip(np.round(np.where(y, 0.62, 0.38) + rng.normal(0, 0.3, n), 1), 0, 1)
    named = np.where(y, "sick", "well")
    guess = np.where(score >= 0.5, "sick", "well")
    weight = np.round(rng.random(n) * 3, 3)
    for suffix, w in [("", None), ("-weighted", weight)]:
        expected = classes(named, guess, w, "sick")
        expected["roc-auc"] = m.roc_auc_score(y, score, sample_weight=w)
        expected["log-loss"] = m.log_loss(y, score, sample_weight=w)
        case(
            f"binary{suffix}",
            {"y": named, "p": guess, "s": score, "w": weight},
            {"scores": ["s"], "positive": "sick", "labels": ["sick", "well"], "weight": None if w is None else "w"},
            expected,
        )

    # Ten classes as integers: log loss of doubles, one class never predicted (zero division), macro one against the rest.
    n, k = 2500, 10
    y = rng.integers(0, k, n)
    logits = rng.normal(0, 1, (n, k))
    logits[np.arange(n), y] += 1.5
    logits[:, 7] -= 50
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    guess = p.argmax(axis=1)
    weight = np.round(rng.random(n) + 0.1, 3)
    for suffix, w in [("", None), ("-weighted", weight)]:
        expected = classes(y, guess, w, None)
        expected["roc-auc"] = m.roc_auc_score(y, p, multi_class="ovr", average="macro", sample_weight=w)
        expected["log-loss"] = m.log_loss(y, p, sample_weight=w)
        case(
            f"multiclass{suffix}",
            {"y": y, "p": guess, "w": weight, **{f"s{i}": p[:, i] for i in range(k)}},
            {
                "scores": [f"s{i}" for i in range(k)],
                "labels": [str(i) for i in range(k)],
                "weight": None if w is None else "w",
            },
            expected,
        )

    # Two columns of scores; a prediction of a class that no label has; labels as doubles, predictions as integers.
    n = 400
    y = rng.integers(0, 2, n)
    p = np.round(np.clip(np.where(y == 1, 0.6, 0.4) + rng.normal(0, 0.2, n), 0, 1), 2)
    expected = classes(y, (p > 0.5).astype(int), None, 1)
    expected["roc-auc"] = m.roc_auc_score(y, p)
    expected["log-loss"] = m.log_loss(y, np.column_stack([1 - p, p]))
    case(
        "two-columns",
        {"y": y.astype(float), "p": (p > 0.5).astype(int), "s0": 1 - p, "s1": p},
        {"scores": ["s0", "s1"], "labels": ["0", "1"], "positive": "1"},
        expected,
    )
    guess = np.where(rng.random(n) < 0.1, 5, (p > 0.5).astype(int))
    case("unseen-class", {"y": y, "p": guess}, {}, classes(y, guess, None, None))

    # Regression, with negative values and a large offset that would betray a naive variance.
    n = 1200
    y = 1000 + rng.normal(0, 5, n)
    p = y + rng.normal(0.2, 1, n)
    weight = np.round(rng.random(n) * 2, 3)
    for suffix, w in [("", None), ("-weighted", weight)]:
        gate = {"weight": None if w is None else "w"}
        case(f"regression{suffix}", {"y": y, "p": p, "w": weight}, gate, numbers(y, p, w))

    (out / "references.json").write_text(json.dumps(cases, indent=1), encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    main(folder)
