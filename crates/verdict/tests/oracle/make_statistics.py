#!/usr/bin/env python3
"""Makes statistics.json: what scipy and statsmodels say of the same numbers.

    python3 -m venv venv && venv/bin/pip install numpy scipy statsmodels
    venv/bin/python crates/verdict/tests/oracle/make_statistics.py

The versions that were asked are written into the file. Nothing here is needed to run the
tests: they read the file.
"""

import json
import math
import pathlib

import numpy
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

MARGIN = math.log(1.02)
RNG = numpy.random.default_rng(20260101)


def paired():
    """One sample of differences: t test, two one-sided tests, intervals."""
    for blocks in [3, 4, 5, 8, 12, 30]:
        for mean in [0.0, 0.005, 0.03, -0.2]:
            for spread in [0.004, 0.02, 0.1]:
                values = RNG.normal(mean, spread, blocks)
                test = stats.ttest_1samp(values, 0.0)
                low, high = DescrStatsW(values).ttost_mean(-MARGIN, MARGIN)[1:3]
                interval = test.confidence_interval(0.95)
                yield {
                    "differences": values.tolist(),
                    "difference_p": float(test.pvalue),
                    "equivalence_sides": [float(low[1]), float(high[1])],
                    "interval_95": [float(interval.low), float(interval.high)],
                }


def families():
    """Holm's procedure."""
    for count in [1, 2, 5, 20]:
        for _ in range(5):
            p = RNG.beta(0.3, 3.0, count)
            yield {"p": p.tolist(), "rejected": multipletests(p, 0.05, "holm")[0].tolist()}


def unpaired():
    """Two samples of logarithms with spreads of their own."""
    for one, other in [(3, 3), (3, 8), (5, 4), (12, 6)]:
        for shift in [0.0, 0.05, 0.3]:
            values = numpy.exp(RNG.normal(shift, 0.03, one))
            reference = numpy.exp(RNG.normal(0.0, 0.1, other))
            test = stats.ttest_ind(numpy.log(values), numpy.log(reference), equal_var=False)
            interval = test.confidence_interval(0.95)
            yield {
                "values": values.tolist(),
                "reference": reference.tolist(),
                "p": float(test.pvalue),
                "freedom": float(test.df),
                "interval_95": [float(interval.low), float(interval.high)],
            }


def least_blocks(spread, miss):
    """The least N at which the margin would be found in four studies of five."""
    blocks = 2
    while True:
        freedom = blocks - 1
        points = stats.t.ppf(1 - miss / 2, freedom) + stats.t.ppf(0.8, freedom)
        if points * spread / math.sqrt(blocks) <= MARGIN:
            return blocks
        blocks += 1


def sizes():
    for blocks in [3, 5, 8]:
        for spread in [0.005, 0.02, 0.08]:
            for family in [1, 4]:
                miss = 0.05 / family
                freedom = blocks - 1
                ends = [math.sqrt(freedom / stats.chi2.ppf(q, freedom)) for q in (0.9, 0.1)]
                yield {
                    "blocks": blocks,
                    "spread": spread,
                    "miss": miss,
                    "needed": least_blocks(spread, miss),
                    "range": [least_blocks(spread * end, miss) for end in ends],
                }


def powers():
    """How often a true effect is found: the noncentral t."""
    for blocks in [3, 5, 8]:
        for effect in [1.0, 2.0, 4.0]:
            freedom, shift = blocks - 1, effect * math.sqrt(blocks)
            point = stats.t.ppf(0.975, freedom)
            # The other side is found so rarely that scipy can't always say how rarely.
            wrong_side = numpy.nan_to_num(stats.nct.cdf(-point, freedom, shift))
            found = stats.nct.sf(point, freedom, shift) + wrong_side
            yield {"blocks": blocks, "effect": effect, "power": float(found)}


def main():
    versions = {lib.__name__: lib.__version__ for lib in (numpy, scipy, statsmodels)}
    said = {
        "made_with": versions,
        "margin": MARGIN,
        "paired": list(paired()),
        "families": list(families()),
        "unpaired": list(unpaired()),
        "sizes": list(sizes()),
        "powers": list(powers()),
    }
    path = pathlib.Path(__file__).with_name("statistics.json")
    path.write_text(json.dumps(said, indent=1, allow_nan=False) + "\n")


main()
