"""Twenty thousand patients: nothing is held that has their square."""

import subprocess
import sys

import numpy as np
import pytest

from brainseg.compare.stats import paired_test as module
from brainseg.compare.stats.paired_test import hodges_lehmann, hodges_lehmann_interval

STATISTICS = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (8 * 10**9, 8 * 10**9))
import numpy as np
from brainseg.compare.stats.bootstrap import mean_interval, median_interval, resampled_means, winners_optimism
from brainseg.compare.stats.paired_test import paired_test
a, b = np.random.default_rng(0).beta(8, 2, (2, 20_000))
paired_test(a - b, 0.01)
mean_interval(a)
median_interval(a)
resampled_means([a[:, None], b[:, None]], np.zeros(len(a), int))
winners_optimism(np.stack([a, b], 1))
"""


@pytest.mark.slow
def test_twenty_thousand_patients_fit_into_8_gb():
    done = subprocess.run([sys.executable, "-c", STATISTICS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("count", [1, 2, 7, 30, 301])
@pytest.mark.parametrize("digits", [1, 3, 16])
def test_without_the_list_of_pairs_the_shift_is_the_same(monkeypatch, rng, count, digits):
    differences = rng.normal(0.01, 0.1, count).round(digits)  # few digits: many ties
    listed = hodges_lehmann(differences), *hodges_lehmann_interval(differences)
    monkeypatch.setattr(module, "PAIRS_UP_TO", 0)
    searched = hodges_lehmann(differences), *hodges_lehmann_interval(differences)
    np.testing.assert_allclose(searched, listed, atol=1e-12)
