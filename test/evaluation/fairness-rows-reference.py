"""Writes rows of groups, and what fairlearn and scikit-learn say of the gaps between them, to standard output.

    pip install scikit-learn fairlearn
    python test/evaluation/fairness-rows-reference.py > test/evaluation/fairness-rows-expected.json

A rate of labelled rows is not defined in a group that has none of them, and null here: fairlearn takes it for 0, and so
finds a gap where the rows leave nothing to compare; it sees only the groups that count. The precision of a group that is
never selected is 0, as in scikit-learn: that is the model's doing. A ratio of 0 / 0 is null. Groups below the least size are left out before fairlearn sees the rows, as the gate does.
"""

import json
import sys
import warnings

import fairlearn
import numpy as np
import sklearn
import sklearn.metrics as m
from fairlearn import metrics as fair

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20240711)
LEAST = 20
BINS = 15


def calibration_error(y, s, w):
    """Guo et al. 2017, over the confidence in the predicted class, bins of equal width (a, b]."""
    guess = (s >= 0.5).astype(int)
    confidence = np.where(guess == 1, s, 1 - s)
    bins = np.clip(np.ceil(confidence * BINS), 1, BINS)
    return sum(
        abs((w[bins == b] * ((guess == y)[bins == b] - confidence[bins == b])).sum()) for b in np.unique(bins)
    ) / w.sum()


def values_by_group(metric, y, p, s, w, g):
    """The metric of each group by scikit-learn; none where it has no rows to be of."""
    found = {}
    for group in sorted(set(g)):
        at = g == group
        t, q, v = y[at], p[at], w[at]
        matrix = m.confusion_matrix(t, q, labels=[0, 1], sample_weight=v)
        share = lambda of, among: float(of / among) if among > 0 else None
        found[group] = {
            "selection-rate": lambda: float(fair.selection_rate(t, q, sample_weight=v)),
            "recall": lambda: share(matrix[1, 1], matrix[1].sum()),
            "false-positive-rate": lambda: share(matrix[0, 1], matrix[0].sum()),
            "false-negative-rate": lambda: share(matrix[1, 0], matrix[1].sum()),
            "specificity": lambda: share(matrix[0, 0], matrix[0].sum()),
            "precision": lambda: m.precision_score(t, q, sample_weight=v, zero_division=0),
            "accuracy": lambda: m.accuracy_score(t, q, sample_weight=v),
            "brier": lambda: m.brier_score_loss(t, s[at], sample_weight=v),
            "ece": lambda: calibration_error(t, s[at], v),
        }[metric]()
    return found


def by_fairlearn(function, y, p, w, g, **more):
    frame = fair.MetricFrame(
        metrics=function, y_true=y, y_pred=p, sensitive_features=g, sample_params={"sample_weight": w}
    )
    return frame.difference(method="between_groups"), frame.ratio(method="between_groups")


FRAMES = {
    "selection-rate": fair.selection_rate,
    "recall": fair.true_positive_rate,
    "false-positive-rate": fair.false_positive_rate,
    "false-negative-rate": fair.false_negative_rate,
    "specificity": fair.true_negative_rate,
    "precision": m.precision_score,
    "accuracy": m.accuracy_score,
}


def finite(value):
    return float(value) if value is not None and np.isfinite(value) else None


def expected(y, p, s, w, g):
    large = np.isin(g, [group for group in set(g) if (g == group).sum() >= LEAST])
    y, p, s, w, g = (each[large] for each in (y, p, s, w, g))
    found = {}
    for metric in [*FRAMES, "brier", "ece"]:
        values = values_by_group(metric, y, p, s, w, g)
        defined = [group for group, value in values.items() if value is not None]
        at = np.isin(g, defined)
        if len(defined) < 2:
            found[metric] = {"groups": values, "difference": None, "ratio": None}
            continue
        if metric in FRAMES:
            difference, ratio = by_fairlearn(FRAMES[metric], y[at], p[at], w[at], g[at])
        else:
            score = {"brier": m.brier_score_loss, "ece": lambda t, q, sample_weight: calibration_error(np.asarray(t), np.asarray(q), np.asarray(sample_weight))}
            difference, ratio = by_fairlearn(score[metric], y[at], s[at], w[at], g[at])
        found[metric] = {"groups": values, "difference": finite(difference), "ratio": finite(ratio)}
    recall, alarm = found["recall"]["groups"], found["false-positive-rate"]["groups"]
    both = [group for group in recall if recall[group] is not None and alarm[group] is not None]
    at = np.isin(g, both)
    given = {"sensitive_features": g[at], "sample_weight": w[at]}
    found["equalized-odds"] = (
        {
            "difference": finite(fair.equalized_odds_difference(y[at], p[at], **given)),
            "ratio": finite(fair.equalized_odds_ratio(y[at], p[at], **given)),
        }
        if len(both) > 1
        else {"difference": None, "ratio": None}
    )
    # The named gaps are those of the rates; that they are is fairlearn's word, not ours.
    w1 = {"sensitive_features": g, "sample_weight": w}
    assert abs(fair.demographic_parity_difference(y, p, **w1) - found["selection-rate"]["difference"]) < 1e-12
    return found


def case(name, sizes, weighted=False, change=None):
    g = np.repeat([f"g{at}" for at in range(len(sizes))], sizes)
    n = len(g)
    strength = np.repeat(rng.normal(0, 0.6, len(sizes)), sizes)
    y = rng.integers(0, 2, n)
    s = np.round(1 / (1 + np.exp(-(1.5 * (y - 0.5) + strength + rng.normal(0, 1, n)))), 4)
    w = rng.integers(1, 40, n) / 8 if weighted else np.ones(n)
    if change is not None:
        change(g, y, s)
    p = (s >= 0.5).astype(int)
    columns = {"group": g.tolist(), "y": y.tolist(), "p": p.tolist(), "s": s.tolist()}
    if weighted:
        columns["w"] = w.tolist()
    return {"name": name, "columns": columns, "expected": expected(y, p, s, w, g)}


def no_positives(g, y, s):
    y[g == "g1"] = 0


def no_negatives(g, y, s):
    y[g == "g1"] = 1


def never_selected(g, y, s):
    s[g == "g1"] = np.minimum(s[g == "g1"], 0.4)


def nobody_selected(g, y, s):
    np.minimum(s, 0.4, out=s)


def all_alike(g, y, s):
    size = (g == "g0").sum()
    y[:] = np.tile(y[:size], len(y) // size)
    s[:] = np.tile(s[:size], len(s) // size)


def all_right(g, y, s):
    s[:] = np.where(y == 1, 1.0, 0.0)


json.dump(
    {
        "versions": {library.__name__: library.__version__ for library in (np, sklearn, fairlearn)},
        "least": LEAST,
        "cases": [
            case("two groups", [60, 45]),
            case("five groups, with weights", [40, 30, 25, 50, 33], weighted=True),
            case("two groups, with weights", [60, 45], weighted=True),
            case("five groups", [40, 30, 25, 50, 33]),
            case("a group below the least size", [40, LEAST, LEAST - 1]),
            case("a group without positives", [40, 30, 30], change=no_positives),
            case("a group without negatives", [40, 30, 30], change=no_negatives),
            case("a group that is never selected", [40, 30, 30], change=never_selected),
            case("nobody is selected", [40, 30], change=nobody_selected),
            case("groups alike", [40, 40, 40], change=all_alike),
            case("all right", [40, 30], change=all_right),
        ],
    },
    sys.stdout,
)
print()
