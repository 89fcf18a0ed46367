import torch

from benchmarks.bench import FULL, QUICK, Row, alternate, benchmark, settings, table

CPU = torch.device("cpu")
OF_A_SIZE = ["reading and preprocessing", "augmentation", "training step", "training epoch", "prediction"]
OF_FILES = ["DSC of the largest component", "HD95 and ASSD", "every score of evaluate"]


def test_the_quick_form_measures_every_row():
    rows = benchmark(QUICK, CPU)
    assert [(row.size, row.work) for row in rows] == [
        *(("32/4", work) for work in OF_A_SIZE),
        *(("files", work) for work in OF_FILES),
    ]
    assert all(row.ours > 0 for row in rows)
    assert all(row.reference > 0 for row in rows[:-1]) and rows[-1].reference is None
    assert all(0 < row.limit < row.ours for row in rows[:5])
    assert len(table(rows)) == 3 + len(rows)


def test_the_sizes_are_those_of_the_network_that_is_trained():
    for side_px, features, batch_size in FULL.sizes:
        params = settings(side_px, features, batch_size)
        assert (params["preprocess"]["side_px"], params["archs"]["unet"]["features"]) == (side_px, features)
        assert batch_size <= FULL.slices - 2  # an epoch has a batch at least


def test_works_alternate_and_the_first_round_does_not_count(monkeypatch):
    calls, clock = [], [0.0]
    monkeypatch.setattr("benchmarks.bench.time.perf_counter", lambda: clock[0])
    plan = QUICK._replace(seconds=30.0, clock=lambda: clock[0])

    def work(name: str, times: list[float]):
        def run() -> None:
            calls.append(name)
            clock[0] += times[min(calls.count(name), len(times)) - 1]

        return run

    ms = alternate({"a": work("a", [9.0, 1.0, 2.0, 6.0]), "b": work("b", [5.0])}, plan, CPU)
    assert calls == ["a", "b"] * 4  # 14, 20, 27, 38 seconds
    assert ms == {"a": 2000.0, "b": 5000.0}


def test_a_row_of_the_table():
    rows = [Row("64/8", "training step", 2.0, 5.0, 0.5), Row("files", "every score of evaluate", 1.234, None, None)]
    assert table(rows)[3:] == [
        "| 64/8 | training step | 2 | 5 | 2.5 | 0.5 | 0.25 |",
        "| files | every score of evaluate | 1.23 |  |  |  |  |",
    ]
