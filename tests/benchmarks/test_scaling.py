import math
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.scaling import Measured, exponent, measure, table

ROOT = Path(__file__).resolve().parents[2]


def test_the_exponent_is_of_what_comes_on_top_of_starting():
    assert exponent([20, 200, 2000], [5 + 0.01 * n for n in (20, 200, 2000)]) == pytest.approx(1)
    quadratic = [5 + ((n - 20) / 100) ** 2 for n in (20, 200, 2000)]
    assert exponent([20, 200, 2000], quadratic) == pytest.approx(2)
    assert math.isnan(exponent([20, 200, 2000], [5.0, 5.0, 5.0]))


MEASURE = """
import sys
from pathlib import Path
from benchmarks.scaling import measure
for count in (0, 200):
    print(measure([sys.executable, "-c", f"x = b'1' * {count} * 10**6"], Path(), {}).memory_mb)
"""


def test_memory_is_that_of_the_process():
    # measured from a small process, as the benchmark is: a process starts with the mark of the one that started it
    printed = subprocess.run([sys.executable, "-c", MEASURE], cwd=ROOT, check=True, capture_output=True, text=True)
    small, large = map(float, printed.stdout.split())
    assert large - small == pytest.approx(200, abs=10)


def test_a_command_that_fails_ends_the_benchmark(tmp_path):
    with pytest.raises(SystemExit, match="no such thing"):
        measure(["python", "-c", "raise SystemExit('no such thing')"], tmp_path, {})


def test_the_table_has_a_row_for_each_work():
    rows = [{"work": "predict", "patients": n, **Measured(100.4, 5 + 0.01 * n, 9.0)._asdict()} for n in (20, 200, 2000)]
    assert table(rows).splitlines()[2] == "| predict | 100 | 100 | 100 | 5.2 | 7.0 | 25.0 | 1.00 |"
