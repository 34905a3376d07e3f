"""Writes expected.json: what shared/statistics must find, by libraries that know nothing of it.

Made with the versions that stand in expected.json under `versions`; to make it again:

    pip install scipy statsmodels scikit-learn fairlearn
    python test/statistics/reference.py | npx prettier --parser json > expected.json

What no library has is written here from its definition, in another way than the code under test goes: Tango's score test
maximizes the likelihood numerically, DeLong's variance takes every pair of rows, tests by ranks or signs walk through
every pattern. Infinity is written as null.
"""

import itertools
import json
import math
import sys
import warnings

import fairlearn
import fairlearn.metrics
import numpy as np
import scipy
import scipy.optimize
import scipy.stats
import sklearn
import sklearn.metrics
import statsmodels
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

warnings.simplefilter("ignore")
LEVELS = [0.5, 0.9, 0.99]
rng = np.random.default_rng(20260)


def finite(value):
    """JSON has no infinity."""
    return float(value) if math.isfinite(value) else None


def pivotal(estimate, error, values, distribution):
    return {
        "intervals": [[finite(x) for x in distribution.interval(level, loc=estimate, scale=error)] for level in LEVELS],
        "tests": [
            {
                "value": value,
                "greater": float(distribution.sf((estimate - value) / error)),
                "less": float(distribution.cdf((estimate - value) / error)),
            }
            for value in values
        ],
    }


def normal():
    cases = [(0.01, 0.004), (-0.3, 0.2), (0.0, 1e-6), (812.5, 31.0)]
    return [
        {"estimate": e, "standardError": s, **pivotal(e, s, [0, e, e - 3 * s, e + 0.5 * s], scipy.stats.norm)}
        for e, s in cases
    ]


def student():
    found = []
    for n in [2, 3, 10, 200]:
        a, b = rng.normal(1, 1, n), rng.normal(0.9, 1, n)
        d = a - b
        tests = []
        for value in [0.0, -0.2, 0.3]:
            greater = scipy.stats.ttest_rel(a, b + value, alternative="greater")
            less = scipy.stats.ttest_rel(a, b + value, alternative="less")
            tests.append({"value": value, "greater": float(greater.pvalue), "less": float(less.pvalue)})
        result = scipy.stats.ttest_rel(a, b)
        found.append(
            {
                "estimate": float(d.mean()),
                "standardError": float(scipy.stats.sem(d)),
                "df": n - 1,
                "tests": tests,
                "intervals": [list(map(float, result.confidence_interval(level))) for level in LEVELS],
            }
        )
    return found


def wilson():
    found = []
    for successes, n in [(0, 1), (1, 1), (0, 50), (50, 50), (1, 50), (37, 50), (9_990, 10_000), (5_000_000, 10_000_000)]:
        tests = []
        for value in [0.01, 0.5, 0.74, 0.999]:
            tests.append(
                {
                    "value": value,
                    "greater": float(proportions_ztest(successes, n, value, "larger", prop_var=value)[1]),
                    "less": float(proportions_ztest(successes, n, value, "smaller", prop_var=value)[1]),
                }
            )
        intervals = [list(map(float, proportion_confint(successes, n, 1 - level, "wilson"))) for level in LEVELS]
        found.append({"successes": successes, "n": n, "tests": tests, "intervals": intervals})
    return found


def tango_score(delta, a, b, c, d):
    """The score statistic with the share q of `c` that maximizes the likelihood a, b, c, d have where p(b) = q + delta."""
    n = a + b + c + d
    # q less the least that it can be, so that nothing is subtracted from its like.
    width = (1 - abs(delta)) / 2

    def slope(t):
        terms = [(-2 * (a + d), 2 * (width - t)), (b, t + max(0, delta)), (c, t + max(0, -delta))]
        return sum(k / x for k, x in terms if k != 0)

    if slope(width * 1e-14) <= 0:
        t = 0
    elif slope(width * (1 - 1e-14)) >= 0:
        t = width
    else:
        t = scipy.optimize.brentq(slope, width * 1e-14, width * (1 - 1e-14), xtol=1e-300, rtol=1e-15, maxiter=500)
    q = t + max(0, -delta)
    variance = n * (2 * q + delta * (1 - delta))
    excess = b - c - n * delta
    return 0.0 if excess == 0 else excess / math.sqrt(variance)


def tango():
    tables = [
        (0, 0, 0, 1),
        (1, 0, 0, 0),
        (0, 1, 0, 0),
        (40, 0, 0, 10),
        (40, 3, 0, 7),
        (40, 0, 3, 7),
        (0, 5, 0, 0),
        (43, 0, 1, 0),
        (20, 12, 2, 16),
        (80, 12, 9, 19),
        (1_700, 60, 40, 200),
        (9_000_000, 250_000, 251_000, 499_000),
    ]
    found = []
    for table in tables:
        score = lambda delta: tango_score(delta, *table)
        intervals = []
        for level in LEVELS:
            z = scipy.stats.norm.isf((1 - level) / 2)
            ends = []
            for target, limit in [(z, -1.0), (-z, 1.0)]:
                try:
                    ends.append(
                        scipy.optimize.brentq(lambda x: score(x) - target, -1 + 1e-12, 1 - 1e-12, xtol=1e-15, rtol=1e-15)
                    )
                except ValueError:
                    ends.append(limit)
            intervals.append(ends)
        tests = [
            {"value": v, "greater": float(scipy.stats.norm.sf(score(v))), "less": float(scipy.stats.norm.cdf(score(v)))}
            for v in [-0.2, -0.01, 0.0, 0.005, 0.3]
        ]
        found.append({"table": table, "tests": tests, "intervals": intervals})
    return found


def exact_mcnemar():
    found = []
    for b, c in [(0, 0), (1, 0), (0, 4), (12, 2), (9, 12), (60, 40), (250_000, 251_000)]:
        n = b + c
        two_sided = float(mcnemar([[5, b], [c, 5]], exact=True).pvalue)
        one = lambda side: float(scipy.stats.binomtest(b, n, 0.5, side).pvalue) if n else 1.0
        found.append({"b": b, "c": c, "greater": one("greater"), "less": one("less"), "twoSided": two_sided})
    return found


def placements(positive, negative):
    kernel = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    return kernel.mean(axis=1), kernel.mean(axis=0)


def delong():
    samples = []
    for m, n, digits in [(2, 2, 9), (5, 8, 1), (40, 60, 9), (40, 60, 1), (300, 200, 2)]:
        truth = np.r_[np.ones(m), np.zeros(n)]
        candidate = np.round(truth * 0.9 + rng.normal(0, 1, m + n), digits)
        baseline = np.round(candidate * 0.7 + truth * 0.1 + rng.normal(0, 0.6, m + n), digits)
        samples.append((truth, candidate, baseline))
    found = []
    for truth, candidate, baseline in samples:
        m, n = int(truth.sum()), int((1 - truth).sum())
        vertical, horizontal = zip(
            *(placements(score[truth == 1], score[truth == 0]) for score in (candidate, baseline))
        )
        # numpy's covariance of the placements is S10 and S01 of the paper's equation 5.
        s10, s01 = np.cov(vertical), np.cov(horizontal)
        covariance = s10 / m + s01 / n
        auc = [float(sklearn.metrics.roc_auc_score(truth, score)) for score in (candidate, baseline)]
        contrast = np.array([1, -1])
        error = math.sqrt(contrast @ covariance @ contrast)
        single = math.sqrt(covariance[0, 0])
        middle = scipy.special.logit(auc[0])
        scale = single / (auc[0] * (1 - auc[0]))
        found.append(
            {
                "scores": {"truth": truth.tolist(), "candidate": candidate.tolist(), "baseline": baseline.tolist()},
                "estimate": auc[0] - auc[1],
                "standardError": error,
                **pivotal(auc[0] - auc[1], error, [0.0, -0.05, 0.02], scipy.stats.norm),
                "single": {
                    "auc": auc[0],
                    "standardError": single,
                    "intervals": [
                        [float(scipy.special.expit(x)) for x in scipy.stats.norm.interval(level, middle, scale)]
                        for level in LEVELS
                    ],
                    "tests": [
                        {
                            "value": v,
                            "greater": float(scipy.stats.norm.sf((middle - scipy.special.logit(v)) / scale)),
                            "less": float(scipy.stats.norm.cdf((middle - scipy.special.logit(v)) / scale)),
                        }
                        for v in [0.5, 0.7, 0.95]
                    ],
                },
            }
        )
    return found


def separated():
    """Newcombe's method 5 where the area is 1: the lower bound solves 1 - t = z · sqrt(V(t))."""
    found = []
    for m, n in [(2, 2), (5, 20), (300, 200)]:
        half = (m + n) / 2 - 1
        lower = []
        for level in LEVELS:
            z = scipy.stats.norm.isf((1 - level) / 2)
            gap = lambda t: 1 - t - z * math.sqrt(
                t * (1 - t) / (m * n) * (1 + half * (1 - t) / (2 - t) + half * t / (1 + t))
            )
            lower.append(scipy.optimize.brentq(gap, 1e-9, 1 - 1e-9, xtol=1e-15, rtol=1e-15))
        found.append({"positives": m, "negatives": n, "lower": lower})
    return found


def bootstrap_intervals():
    found = []
    samples = {
        "skewed": rng.exponential(1, 30).round(3),
        "shares": rng.binomial(1, 0.9, 60).astype(float),
        "small": rng.normal(0, 1, 8).round(3),
    }
    for name, sample in samples.items():
        result = {}
        for method in ["percentile", "bca"]:
            ends = []
            for level in LEVELS:
                run = scipy.stats.bootstrap(
                    (sample,), np.mean, n_resamples=999, confidence_level=level, method=method, rng=np.random.default_rng(1)
                )
                ends.append([float(run.confidence_interval.low), float(run.confidence_interval.high)])
            result[method] = ends
        jackknifed = np.array([np.delete(sample, i).mean() for i in range(len(sample))])
        deviation = jackknifed.mean() - jackknifed
        found.append(
            {
                "name": name,
                "estimate": float(sample.mean()),
                "replicates": [float(x) for x in run.bootstrap_distribution],
                "acceleration": float((deviation**3).sum() / (6 * (deviation**2).sum() ** 1.5)),
                "standardError": float(run.standard_error),
                **result,
            }
        )
    return found


def f1_difference(cells):
    """Cells: label 0 or 1, right by both, candidate, baseline, neither."""
    n_both, n_cand, n_base, n_neither, p_both, p_cand, p_base, p_neither = np.moveaxis(cells, -1, 0)
    f1 = lambda tp, fp, fn: 2 * tp / (2 * tp + fp + fn)
    return f1(p_both + p_cand, n_base + n_neither, p_base + p_neither) - f1(
        p_both + p_base, n_cand + n_neither, p_cand + p_neither
    )


def row_level_acceleration(counts):
    rows = np.repeat(np.arange(len(counts)), counts)
    values = []
    for i in range(len(rows)):
        left = np.bincount(np.delete(rows, i), minlength=len(counts)).astype(float)
        values.append(float(f1_difference(left)))
    deviation = np.mean(values) - np.array(values)
    return float((deviation**3).sum() / (6 * (deviation**2).sum() ** 1.5))


def spread(replicates):
    return {
        "mean": float(np.mean(replicates)),
        "deviation": float(np.std(replicates, ddof=1)),
        "quantiles": [float(x) for x in np.quantile(replicates, [0.05, 0.5, 0.95])],
    }


def cells():
    found = []
    for counts in [[300, 12, 15, 40, 80, 9, 4, 12], [4_000, 100, 90, 700, 1_000, 50, 60, 300]]:
        draws = rng.multinomial(sum(counts), np.array(counts) / sum(counts), size=400_000)
        kept = np.hstack(
            [rng.multinomial(sum(half), np.array(half) / sum(half), size=400_000) for half in (counts[:4], counts[4:])]
        )
        found.append(
            {
                "counts": counts,
                "all": spread(f1_difference(draws)),
                "stratified": spread(f1_difference(kept)),
                "acceleration": row_level_acceleration(counts) if sum(counts) < 1_000 else None,
            }
        )
    return found


def rows():
    """A ratio of means over rows, and over groups of rows that are drawn together."""
    groups = np.repeat(np.arange(25), rng.integers(1, 9, 25))
    effect = rng.normal(0, 0.5, 25)[groups]
    x = (2 + effect + rng.normal(0, 0.3, len(groups))).round(6)
    y = (3 + effect + rng.normal(0, 0.3, len(groups))).round(6)
    resample = lambda index: x[index].mean() / y[index].mean()
    plain = [resample(rng.integers(0, len(x), len(x))) for _ in range(60_000)]
    members = [np.flatnonzero(groups == g) for g in range(25)]
    clustered = [resample(np.concatenate([members[g] for g in rng.integers(0, 25, 25)])) for _ in range(60_000)]
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "groups": groups.tolist(),
        "plain": spread(plain),
        "clustered": spread(clustered),
    }


def sign_flip():
    found = []
    samples = [
        [0.4],
        [0.0, 0.0, 0.0],
        [0.1, 0.1, 0.1, 0.1],
        [1.0, -1.0, 2.0, -2.0, 0.0, 3.0],
        rng.normal(0.3, 1, 12).round(4).tolist(),
        rng.normal(0.1, 1, 200).round(4).tolist(),
    ]
    for sample in samples:
        d = np.array(sample)
        tests = []
        for value in [0.0, -0.25, 0.1, 0.5]:
            moved = d - value
            if len(d) <= 12:
                signs = np.array(list(itertools.product([1, -1], repeat=len(d))))
                means = (signs * moved).mean(axis=1)
                greater = (means >= moved.mean() - 1e-12).mean()
                less = (means <= moved.mean() + 1e-12).mean()
            else:
                p = lambda side: scipy.stats.permutation_test(
                    (moved,), np.mean, permutation_type="samples", n_resamples=100_000, alternative=side, rng=rng
                ).pvalue
                greater, less = p("greater"), p("less")
            tests.append({"value": value, "greater": float(greater), "less": float(less)})
        found.append({"differences": sample, "exact": len(d) <= 12, "tests": tests})
    return found


def wilcoxon():
    found = []
    samples = [
        [0.7],
        [0.0, 0.0, 0.0],
        [0.25, 0.5, -0.75, 1.0, 1.5],
        (np.arange(1, 11) * np.array([1, -1, 1, 1, 1, -1, 1, 1, 1, 1]) / 8).tolist(),
        rng.normal(0.2, 1, 50).round(6).tolist(),
        (rng.integers(-4, 6, 40) / 4).tolist(),
        rng.normal(0.05, 1, 51).round(6).tolist(),
        rng.normal(0.05, 1, 400).round(6).tolist(),
    ]
    for sample in samples:
        d = np.array(sample)
        n = len(d)
        tests = []
        for value in [0.0, -0.25, 0.5]:
            moved = d - value
            kept = moved[moved != 0]
            if len(kept) == 0:
                tests.append({"value": value, "greater": 1.0, "less": 1.0})
                continue
            exact = len(kept) <= 50 and len(set(abs(kept))) == len(kept)
            p = lambda side: float(
                scipy.stats.wilcoxon(
                    kept, alternative=side, correction=not exact, method="exact" if exact else "asymptotic"
                ).pvalue
            )
            tests.append({"value": value, "greater": p("greater"), "less": p("less")})
        i, j = np.triu_indices(n)
        averages = np.sort((d[i] + d[j]) / 2)
        case = {"differences": sample, "estimate": float(np.median(averages)), "tests": tests}
        if n <= 12:
            # Every pattern of signs, for the ranks below which at most the tail lies.
            sums = np.array([sum(s) for s in itertools.product(*[(0, r) for r in range(1, n + 1)])])
            ends = []
            for level in LEVELS:
                outside = [k for k in range(len(averages) + 1) if (sums <= k).mean() <= (1 - level) / 2 + 1e-15]
                k = max(outside, default=None)
                ends.append([None, None] if k is None else [float(averages[k]), float(averages[len(averages) - 1 - k])])
            case["intervals"] = ends
        found.append(case)
    return found


def jackknife():
    """Leaving out one of G groups of equal size, the mean has the spread of the group means: a plain t test."""
    found = []
    for groups, size in [(2, 3), (10, 7), (40, 25)]:
        data = rng.normal(0.2, 1, (groups, size))
        means = data.mean(axis=1)
        left_out = [float(np.delete(data, g, axis=0).mean()) for g in range(groups)]
        test = lambda value, side: float(scipy.stats.ttest_1samp(means, value, alternative=side).pvalue)
        found.append(
            {
                "estimate": float(data.mean()),
                "groupEstimates": left_out,
                "standardError": float(scipy.stats.sem(means)),
                "tests": [{"value": v, "greater": test(v, "greater"), "less": test(v, "less")} for v in [0.0, 0.25, -0.1]],
                "intervals": [
                    list(map(float, scipy.stats.ttest_1samp(means, 0).confidence_interval(level))) for level in LEVELS
                ],
            }
        )
    return found


def corrections():
    families = [[0.03], [1.0, 1.0], [0.0, 0.04, 0.04, 0.5], [0.01, 0.02, 0.03, 0.04, 0.05], rng.uniform(0, 0.2, 25).tolist()]
    adjust = lambda p, method: [float(x) for x in multipletests(p, method=method)[1]]
    return [{"p": p, "holm": adjust(p, "holm"), "benjaminiHochberg": adjust(p, "fdr_bh")} for p in families]


def power():
    found = []
    for n, deviation, distance, alpha, wanted in [(2_000, 0.22, 0.01, 0.05, 0.8), (50, 1.3, 0.5, 0.01, 0.9)]:
        # One sample: no second one, ratio 0. The library's own solver stops at six digits.
        reached = lambda effect, rows: NormalIndPower().power(effect, rows, alpha, ratio=0, alternative="larger")
        solve = lambda gap, high: scipy.optimize.brentq(gap, 1e-9, high, xtol=1e-15, rtol=1e-15)
        needed = solve(lambda rows: reached(distance / deviation, rows) - wanted, 1e7)
        effect = solve(lambda size: reached(size, n) - wanted, 10)
        found.append(
            {
                "n": n,
                "standardError": deviation / math.sqrt(n),
                "distance": distance,
                "alpha": alpha,
                "power": wanted,
                "neededRows": float(needed),
                "detectable": float(effect) * deviation,
            }
        )
    return found


def confusion_case(labels, truth, guess, weight):
    y, p, w = np.array(truth), np.array(guess), np.array(weight, dtype=float)
    present = sorted(set(truth) | set(guess))
    positive = 1
    given = {"sample_weight": w}
    plain = {"labels": [positive], "average": "micro", "zero_division": 0, **given}
    expected = {
        "accuracy": sklearn.metrics.accuracy_score(y, p, **given),
        "balanced-accuracy": sklearn.metrics.balanced_accuracy_score(y, p, **given),
        "mcc": sklearn.metrics.matthews_corrcoef(y, p, **given),
        "kappa": sklearn.metrics.cohen_kappa_score(y, p, **given),
        "selection-rate": fairlearn.metrics.selection_rate(y, p, pos_label=positive, **given),
        "precision": sklearn.metrics.precision_score(y, p, **plain),
        "recall": sklearn.metrics.recall_score(y, p, **plain),
    }
    for beta in [0.5, 1, 2]:
        name = f"f{beta:g}"
        expected[name] = sklearn.metrics.fbeta_score(y, p, beta=beta, **plain)
        for average in ["macro", "weighted", "micro"]:
            expected[f"{name}-{average}"] = sklearn.metrics.fbeta_score(
                y, p, beta=beta, average=average, labels=present, zero_division=0, **given
            )
    for average in ["macro", "weighted", "micro"]:
        options = {"average": average, "labels": present, "zero_division": 0, **given}
        expected[f"precision-{average}"] = sklearn.metrics.precision_score(y, p, **options)
        expected[f"recall-{average}"] = sklearn.metrics.recall_score(y, p, **options)
    # fairlearn knows two classes: the positive one and the rest.
    binary, guessed = (y == positive).astype(int), (p == positive).astype(int)
    if (binary == 0).any():
        expected["false-positive-rate"] = fairlearn.metrics.false_positive_rate(binary, guessed, pos_label=1, **given)
        expected["specificity"] = fairlearn.metrics.true_negative_rate(binary, guessed, pos_label=1, **given)
    if (binary == 1).any():
        expected["false-negative-rate"] = fairlearn.metrics.false_negative_rate(binary, guessed, pos_label=1, **given)
    matrix = sklearn.metrics.confusion_matrix(y, p, labels=range(labels), **given)
    # A metric that scikit-learn leaves undefined is null.
    metrics = {name: finite(value) for name, value in expected.items()}
    return {"labels": labels, "positive": positive, "matrix": matrix.astype(float).ravel().tolist(), "metrics": metrics}


def confusion():
    found = []
    for labels in [2, 3, 5]:
        for n in [7, 400]:
            truth = rng.integers(0, labels, n)
            guess = np.where(rng.random(n) < 0.6, truth, rng.integers(0, labels, n))
            for weight in [np.ones(n), rng.integers(1, 40, n) / 8]:
                found.append(confusion_case(labels, truth.tolist(), guess.tolist(), weight))
    degenerate = [
        (2, [0, 0, 0], [0, 0, 0]),
        (2, [1, 1], [1, 1]),
        (2, [0, 1], [0, 1]),
        (2, [0, 1, 1], [1, 0, 0]),
        (2, [0, 0], [1, 1]),
        (2, [1, 1], [0, 0]),
        (2, [0, 1, 1, 0], [0, 0, 0, 0]),
        (2, [1], [1]),
        (4, [0, 1, 2, 2], [0, 1, 1, 1]),
        (4, [0, 0, 3], [1, 2, 3]),
    ]
    for labels, truth, guess in degenerate:
        found.append(confusion_case(labels, truth, guess, [1] * len(truth)))
    return found


json.dump(
    {
        "versions": {
            "python": sys.version.split()[0],
            **{library.__name__: library.__version__ for library in (np, scipy, statsmodels, sklearn, fairlearn)},
        },
        "levels": LEVELS,
        "normal": normal(),
        "student": student(),
        "wilson": wilson(),
        "tango": tango(),
        "mcnemar": exact_mcnemar(),
        "delong": delong(),
        "separated": separated(),
        "bootstrap": bootstrap_intervals(),
        "cells": cells(),
        "rows": rows(),
        "signFlip": sign_flip(),
        "wilcoxon": wilcoxon(),
        "jackknife": jackknife(),
        "corrections": corrections(),
        "power": power(),
        "confusion": confusion(),
        "generator": np.random.RandomState([7, 0]).random_sample(5).tolist(),
    },
    sys.stdout,
)
print()
