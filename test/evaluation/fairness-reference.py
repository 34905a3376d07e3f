"""Writes fairness-expected.json: gaps between groups as fairlearn and scikit-learn find them.

    pip install fairlearn scikit-learn
    python test/evaluation/fairness-reference.py > test/evaluation/fairness-expected.json

A case is a list of blocks [group, label, prediction, rows]. A gap that fairlearn calls NaN is null.
"""

import json
import math
import warnings

import fairlearn
import fairlearn.metrics as fair
import numpy as np
import sklearn
import sklearn.metrics as m

warnings.simplefilter("ignore")
rng = np.random.default_rng(2026)


def finite(value):
    return float(value) if math.isfinite(value) else None


def of(metric):
    return lambda y, p: metric(y, p, zero_division=0)


FRAMES = {
    "selection-rate": fair.selection_rate,
    "recall": of(m.recall_score),
    "precision": of(m.precision_score),
    "f1": of(m.f1_score),
    "accuracy": m.accuracy_score,
    "false-positive-rate": fair.false_positive_rate,
    "false-negative-rate": fair.false_negative_rate,
}


def blocks_of(groups):
    """Groups of random rates: from nearly alike to far apart."""
    blocks = []
    for at in range(groups):
        share, tpr, fpr = rng.uniform(0.1, 0.9, 3)
        n = int(rng.integers(60, 900))
        y = rng.random(n) < share
        p = np.where(y, rng.random(n) < tpr, rng.random(n) < fpr)
        for label in (0, 1):
            for prediction in (0, 1):
                rows = int(((y == label) & (p == prediction)).sum())
                if rows > 0:
                    blocks.append([f"g{at}", label, prediction, rows])
    return blocks


def case(name, blocks):
    group, y, p = (np.concatenate([np.repeat(block[at], block[3]) for block in blocks]) for at in range(3))
    gaps = {}
    for metric, function in FRAMES.items():
        frame = fair.MetricFrame(metrics=function, y_true=y, y_pred=p, sensitive_features=group)
        gaps[metric] = {"difference": finite(frame.difference()), "ratio": finite(frame.ratio())}
    odds = {"sensitive_features": group, "agg": "worst_case"}
    gaps["equalized-odds"] = {
        "difference": finite(fair.equalized_odds_difference(y, p, **odds)),
        "ratio": finite(fair.equalized_odds_ratio(y, p, **odds)),
    }
    # The library's own names for the same.
    same = {"sensitive_features": group}
    assert math.isclose(gaps["selection-rate"]["difference"], fair.demographic_parity_difference(y, p, **same))
    assert math.isclose(gaps["recall"]["difference"], fair.equal_opportunity_difference(y, p, **same))
    return {"name": name, "blocks": blocks, "gaps": gaps}


cases = [case(f"{groups} groups, {draw}", blocks_of(groups)) for groups in (2, 3, 5) for draw in (1, 2, 3, 4)]
alike = [["g0", 1, 1, 80], ["g0", 1, 0, 20], ["g0", 0, 1, 10], ["g0", 0, 0, 90]]
cases.append(case("groups alike", alike + [["g1", *rest] for _, *rest in alike]))
cases.append(case("one group always right", [["g0", 1, 1, 100], ["g0", 0, 0, 100], *[["g1", *rest] for _, *rest in alike]]))
cases.append(case("one group never selected", [["g0", 1, 0, 100], ["g0", 0, 0, 100], *[["g1", *rest] for _, *rest in alike]]))
print(json.dumps({"versions": {"fairlearn": fairlearn.__version__, "scikit-learn": sklearn.__version__}, "cases": cases}))
