"""A sample of the fuzz run over all stages; the whole run is `python -m tests.hostile.fuzz_stages`."""

import pytest

from tests.hostile.fuzz_stages import SHARES, fuzz_all

MOST_BYTES = 2 * 10**9


@pytest.mark.slow
def test_damaged_artefacts_and_settings_pass_or_are_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINSEG_DEVICE", "cpu")
    monkeypatch.setenv("BRAINSEG_WORKERS", "1")
    results = fuzz_all(60, seed=0, folder=tmp_path, stages=list(SHARES))
    assert [line for result in results.values() for line in result.bad] == []
    assert all(result.peak_bytes < MOST_BYTES for result in results.values())
