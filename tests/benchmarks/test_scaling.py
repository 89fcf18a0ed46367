import math

import pytest

from benchmarks.scaling import Measured, exponent, measure, table


def test_the_exponent_is_of_what_comes_on_top_of_starting():
    assert exponent([20, 200, 2000], [5 + 0.01 * n for n in (20, 200, 2000)]) == pytest.approx(1)
    quadratic = [5 + ((n - 20) / 100) ** 2 for n in (20, 200, 2000)]
    assert exponent([20, 200, 2000], quadratic) == pytest.approx(2)
    assert math.isnan(exponent([20, 200, 2000], [5.0, 5.0, 5.0]))


def test_memory_is_that_of_the_process(tmp_path):
    def megabytes(count: int) -> float:
        return measure(["python", "-c", f"x = b'1' * {count} * 10**6"], tmp_path, {}).memory_mb

    assert megabytes(200) - megabytes(0) == pytest.approx(200, abs=10)


def test_a_command_that_fails_ends_the_benchmark(tmp_path):
    with pytest.raises(SystemExit, match="no such thing"):
        measure(["python", "-c", "raise SystemExit('no such thing')"], tmp_path, {})


def test_the_table_has_a_row_for_each_work():
    rows = [{"work": "predict", "patients": n, **Measured(100.4, 5 + 0.01 * n, 9.0)._asdict()} for n in (20, 200, 2000)]
    assert table(rows).splitlines()[2] == "| predict | 100 | 100 | 100 | 5.2 | 7.0 | 25.0 | 1.00 |"
