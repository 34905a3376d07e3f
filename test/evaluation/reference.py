"""Writes seeded predictions in three formats, and what scikit-learn says of them, into the folder that is named.

Usage: reference.py OUT. The test compares the metrics that SQL gives with these at 1e-9.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet
from sklearn import metrics as m
from sklearn.preprocessing import MultiLabelBinarizer


def classes(y, p, weight, positive, asked=()):
    """What scikit-learn says of single classes; `asked` are the metrics that only a rule's asking has computed."""
    result = {
        "accuracy": m.accuracy_score(y, p, sample_weight=weight),
        "mcc": m.matthews_corrcoef(y, p, sample_weight=weight),
        "kappa": m.cohen_kappa_score(y, p, sample_weight=weight),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # predictions of a class that no label has
        result["balanced-accuracy"] = m.balanced_accuracy_score(y, p, sample_weight=weight)
    for name, score in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
        for average in ["macro", "weighted"] + (["micro"] if asked else []):
            result[f"{name}-{average}"] = score(y, p, average=average, sample_weight=weight, zero_division=0)
        if positive is not None:
            result[name] = score(y, p, pos_label=positive, average="binary", sample_weight=weight, zero_division=0)
    if positive is not None:
        negative = next(c for c in np.unique(y) if c != positive)
        result["specificity"] = m.recall_score(y, p, pos_label=negative, average="binary", sample_weight=weight)
    for name in asked:
        if name in ("true-positive-rate", "false-negative-rate"):
            value = m.recall_score(y, p, pos_label=positive, average="binary", sample_weight=weight)
            result[name] = value if name[0] == "t" else 1 - value
        elif name == "false-positive-rate":
            result[name] = 1 - result["specificity"]
        elif name == "selection-rate":
            result[name] = np.average(p == positive, weights=weight)
        elif name.startswith("f") and name[1].isdigit() and not name.startswith("f1"):
            beta, _, average = name[1:].partition("-")
            kind = {"average": average} if average else {"average": "binary", "pos_label": positive}
            result[name] = m.fbeta_score(y, p, beta=float(beta), sample_weight=weight, zero_division=0, **kind)
    return result


def probabilities(y, score, guess, weight, classes, positive=None):
    """What scikit-learn says of probabilities: (n,) of the positive class, or (n, k) in the order of `classes`."""
    score = np.asarray(score, dtype=float)
    two = score.ndim == 1 or (score.shape[1] == 2 and positive is not None)
    if score.ndim == 1:
        matrix = np.column_stack([1 - score, score])
        order = [next(c for c in classes if c != positive), positive]
    else:
        matrix, order = score, list(classes)
    truth = np.column_stack([y == c for c in order]).astype(float)
    if two:
        own = matrix[:, order.index(positive)]
        roc, average = m.roc_auc_score(y == positive, own, sample_weight=weight), m.average_precision_score(
            y == positive, own, sample_weight=weight
        )
    else:
        roc = np.mean([m.roc_auc_score(truth[:, k], matrix[:, k], sample_weight=weight) for k in range(len(order))])
        average = m.average_precision_score(truth, matrix, average="macro", sample_weight=weight)
    clip = np.finfo(float).eps
    own = np.clip((truth * matrix).sum(axis=1), clip, 1 - clip)
    brier = (
        m.brier_score_loss(y == positive, matrix[:, order.index(positive)], sample_weight=weight)
        if two
        else m.brier_score_loss(y, matrix, labels=order, sample_weight=weight)
    )
    # Guo et al. 2017, which scikit-learn has not: bins (a, b] of the score of the predicted class.
    confidence = np.array([matrix[i, order.index(g)] for i, g in enumerate(guess)])
    bins = np.clip(np.ceil(confidence * 15), 1, 15)
    w = np.ones(len(y)) if weight is None else weight
    gaps = [abs((w * ((guess == y) - confidence))[bins == b].sum()) for b in range(1, 16)]
    return {
        "roc-auc": roc,
        "pr-auc": average,
        "log-loss": np.average(-np.log(own), weights=weight),
        "brier": brier,
        "ece": sum(gaps) / w.sum(),
    }


def numbers(y, p, weight, quantiles=()):
    result = {
        "mae": m.mean_absolute_error(y, p, sample_weight=weight),
        "rmse": float(np.sqrt(m.mean_squared_error(y, p, sample_weight=weight))),
        "mape": m.mean_absolute_percentage_error(y, p, sample_weight=weight),
        "r2": m.r2_score(y, p, sample_weight=weight),
        "bias": np.average(p - y, weights=weight),
    }
    for q in quantiles:
        result[f"quantile-loss-{q}"] = m.mean_pinball_loss(y, p, alpha=q, sample_weight=weight)
    return result


def sets(y, p, weight, labels):
    """What scikit-learn says of sets of classes, as indicator matrices of `labels`."""
    binarizer = MultiLabelBinarizer(classes=labels)
    truth, guess = binarizer.fit_transform(y), binarizer.fit_transform(p)
    given = {"sample_weight": weight}
    exact = m.accuracy_score(truth, guess, **given)
    result = {
        "accuracy": exact,
        "subset-accuracy": exact,
        "hamming-loss": m.hamming_loss(truth, guess, **given),
        "jaccard": m.jaccard_score(truth, guess, average="samples", zero_division=0, **given),
        "f1-samples": m.f1_score(truth, guess, average="samples", zero_division=0, **given),
    }
    for name, score in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
        for average in ["micro", "macro", "weighted"]:
            result[f"{name}-{average}"] = score(truth, guess, average=average, zero_division=0, **given)
    return result


def main(out):
    rng = np.random.default_rng(20260711)
    cases = []

    def case(name, columns, gate, expected, asked=()):
        table = pa.table({"id": [f"row-{i}" for i in rng.permutation(len(columns["y"]))], **columns})
        parquet.write_table(table, out / f"{name}.parquet", row_group_size=500)
        # CSV knows no lists: they are written as JSON arrays.
        lists = [field.name for field in table.schema if pa.types.is_list(field.type)]
        flat = table
        for column in lists:
            text = pa.array([json.dumps(value) for value in table[column].to_pylist()])
            flat = flat.set_column(flat.schema.get_field_index(column), column, text)
        csv.write_csv(flat, out / f"{name}.csv")
        with open(out / f"{name}.jsonl", "w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in table.to_pylist())
        expected = {metric: float(value) for metric, value in expected.items()}
        cases.append(
            {
                "name": name,
                "evaluation": gate,
                "asked": list(asked),
                "n": table.num_rows,
                "expected": expected,
            }
        )

    # Binary: scores of one decimal, so that most are tied; some are exactly 0 and 1, where log loss clips.
    n = 1500
    y = rng.random(n) < 0.3
    score = np.clip(np.round(np.where(y, 0.62, 0.38) + rng.normal(0, 0.3, n), 1), 0, 1)
    named = np.where(y, "sick", "well")
    guess = np.where(score >= 0.5, "sick", "well")
    weight = np.round(rng.random(n) * 3, 3)
    rates = ["true-positive-rate", "false-positive-rate", "false-negative-rate", "selection-rate"]
    micro = ["precision-micro", "recall-micro", "f1-micro"]
    asked = [*rates, *micro, "f0.5", "f2", "f2-macro", "f0.5-weighted"]
    for suffix, w in [("", None), ("-weighted", weight)]:
        expected = classes(named, guess, w, "sick", asked)
        expected |= probabilities(named, score, guess, w, ["sick", "well"], "sick")
        case(
            f"binary{suffix}",
            {"y": named, "p": guess, "s": score, "w": weight},
            {"scores": ["s"], "positive": "sick", "labels": ["sick", "well"], "weight": None if w is None else "w"},
            expected,
            asked,
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
        expected = classes(y, guess, w, None) | probabilities(y, p, guess, w, range(k))
        # What probabilities() says of log loss and ROC AUC in other words, in scikit-learn's own.
        assert abs(expected["log-loss"] - m.log_loss(y, p, sample_weight=w)) < 1e-12
        ovr = m.roc_auc_score(y, p, multi_class="ovr", average="macro", sample_weight=w)
        assert abs(expected["roc-auc"] - ovr) < 1e-12
        asked = ["top-1-accuracy", "top-3-accuracy"]
        for metric, top in zip(asked, [1, 3]):
            expected[metric] = m.top_k_accuracy_score(y, p, k=top, sample_weight=w)
        case(
            f"multiclass{suffix}",
            {"y": y, "p": guess, "w": weight, **{f"s{i}": p[:, i] for i in range(k)}},
            {
                "scores": [f"s{i}" for i in range(k)],
                "labels": [str(i) for i in range(k)],
                "weight": None if w is None else "w",
            },
            expected,
            asked,
        )

    # Two columns of scores; a prediction of a class that no label has; labels as doubles, predictions as integers.
    n = 400
    y = rng.integers(0, 2, n)
    p = np.round(np.clip(np.where(y == 1, 0.6, 0.4) + rng.normal(0, 0.2, n), 0, 1), 2)
    guess = (p > 0.5).astype(int)
    expected = classes(y, guess, None, 1)
    expected |= probabilities(y, np.column_stack([1 - p, p]), guess, None, [0, 1], 1)
    case(
        "two-columns",
        {"y": y.astype(float), "p": guess, "s0": 1 - p, "s1": p},
        {"scores": ["s0", "s1"], "labels": ["0", "1"], "positive": "1"},
        expected,
    )
    guess = np.where(rng.random(n) < 0.1, 5, guess)
    case("unseen-class", {"y": y, "p": guess}, {}, classes(y, guess, None, None))

    # Scores of three classes with ties in most rows, and rows that have no weight.
    n = 300
    y = rng.integers(0, 3, n)
    p = rng.integers(1, 4, (n, 3)).astype(float)
    p /= p.sum(axis=1, keepdims=True)
    guess = p.argmax(axis=1)
    weight = rng.integers(0, 3, n).astype(float)
    expected = classes(y, guess, weight, None) | probabilities(y, p, guess, weight, range(3))
    expected["top-2-accuracy"] = m.top_k_accuracy_score(y, p, k=2, sample_weight=weight)
    case(
        "tied-scores",
        {"y": y, "p": guess, "w": weight, **{f"s{i}": p[:, i] for i in range(3)}},
        {"scores": ["s0", "s1", "s2"], "labels": ["0", "1", "2"], "weight": "w"},
        expected,
        ["top-2-accuracy"],
    )

    # All predictions of one class, and all scores alike.
    named = np.array(["yes", "no"] * 20 + ["no"] * 5)
    guess, score = np.full(45, "no"), np.full(45, 0.25)
    expected = classes(named, guess, None, "yes") | probabilities(named, score, guess, None, ["no", "yes"], "yes")
    case(
        "one-prediction",
        {"y": named, "p": guess, "s": score},
        {"scores": ["s"], "positive": "yes", "labels": ["no", "yes"]},
        expected,
    )

    # Regression, with negative values and a large offset that would betray a naive variance.
    n = 1200
    y = 1000 + rng.normal(0, 5, n)
    p = y + rng.normal(0.2, 1, n)
    weight = np.round(rng.random(n) * 2, 3)
    quantiles = [0.05, 0.5, 0.9]
    asked = [f"quantile-loss-{q}" for q in quantiles]
    for suffix, w in [("", None), ("-weighted", weight)]:
        gate = {"weight": None if w is None else "w"}
        expected = numbers(y, p, w, quantiles)
        case(f"regression{suffix}", {"y": y, "p": p, "w": weight}, gate, expected, asked)
    y = rng.normal(0, 2, 200)
    case("regression-negative", {"y": y, "p": np.zeros(200) - 1.5}, {}, numbers(y, np.zeros(200) - 1.5, None))

    # Sets of classes: empty ones, one class that never occurs, one that is never predicted.
    n, names = 500, ["cat", "dog", "fox", "owl"]
    truth = rng.random((n, 4)) < [0.5, 0.3, 0.2, 0]
    guess = np.where(rng.random((n, 4)) < 0.2, ~truth, truth) & [True, True, False, True]
    y = [[names[k] for k in np.flatnonzero(row)] for row in truth]
    p = [[names[k] for k in rng.permutation(np.flatnonzero(row))] for row in guess]
    weight = np.round(rng.random(n) * 2, 3)
    for suffix, w in [("", None), ("-weighted", weight)]:
        gate = {"labels": [*names, "yak"], "weight": None if w is None else "w"}
        case(f"sets{suffix}", {"y": y, "p": p, "w": weight}, gate, sets(y, p, w, [*names, "yak"]), ["hamming-loss"])
    case("sets-undeclared", {"y": y, "p": p}, {}, sets(y, p, None, names), ["jaccard"])
    filled = [["none"] if not row else row for row in y], [["none"] if not row else row for row in p]
    piped = ["|".join(row) for row in filled[0]], [" | ".join(row) for row in filled[1]]
    case(
        "sets-as-text",
        {"y": piped[0], "p": piped[1]},
        {},
        sets(*filled, None, [*names, "none"]),
        ["f1-samples"],
    )

    # Scores that are no probabilities, below 0 and above 1, many of them tied: only their order counts.
    n = 3000
    y = rng.random(n) < 0.4
    score = np.round(np.where(y, 1.5, -1.0) + rng.normal(0, 3, n), 1)
    named, guess = np.where(y, "in", "out"), np.where(score >= 0, "in", "out")
    weight = np.round(rng.random(n) * 3, 3)
    for suffix, w in [("", None), ("-weighted", weight)]:
        expected = classes(named, guess, w, "in")
        expected["roc-auc"] = m.roc_auc_score(y, score, sample_weight=w)
        expected["pr-auc"] = m.average_precision_score(y, score, sample_weight=w)
        case(
            f"logits{suffix}",
            {"y": named, "p": guess, "s": score, "w": weight},
            {"scores": ["s"], "positive": "in", "labels": ["in", "out"], "weight": None if w is None else "w"},
            expected,
        )

    (out / "references.json").write_text(json.dumps(cases, indent=1), encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    main(folder)
