import pytest

from benchmarks.cost import MB, SECONDS, Prices, cost, main


def test_a_thousand_patients_cost_a_thousand_times_one():
    found = cost(1000)
    assert found.core_hours["preprocess"] == pytest.approx(35 * 0.0050 * 1000 / 3600)
    assert found.raw_files == 70_000
    assert found.disk_gb == pytest.approx(9.43 + 9.05 + 0.047)
    assert found.memory_gb == pytest.approx(36.4 * 192 * 192 * 7 / 1e6)


def test_money_is_hours_and_gigabytes_times_prices():
    found = cost(100, Prices(core_hour=2.0, disk_gb_month=0.5, bucket_gb_month=0.25))
    assert found.compute_dollars == pytest.approx(2 * 100 * sum(SECONDS.values()) / 3600)
    assert found.storage_dollars_a_month == pytest.approx(0.75 * 100 * sum(MB.values()) / 1000)


def test_the_tables_are_printed(capsys):
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines if line.startswith("| 1")] == [
        "| 1,000",
        "| 10,000",
        "| 100,000",
    ] * 2
