import time

import pytest

from brainseg.sweep.cluster import unfinished as module
from brainseg.sweep.cluster.remote import Remote, RemoteSettings
from brainseg.sweep.cluster.unfinished import Unfinished


@pytest.fixture
def remote(tmp_path) -> Remote:
    remote = Remote(RemoteSettings("store", {"url": str(tmp_path / "store")}))
    remote.mark()
    return remote


@pytest.fixture
def node(remote, tmp_path):
    """Makes the state of the row on a node, and what was noted of it."""

    def make(name: str, row: str = "tune-dice") -> tuple[Unfinished, list[str]]:
        reported: list[str] = []
        (tmp_path / name).mkdir(exist_ok=True)
        return Unfinished(remote, row, tmp_path / name, reported.append), reported

    return make


def wait_for(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_another_node_gets_the_last_state_of_its_own_row(node, tmp_path):
    (one, _), (other, _), (another_row, _) = node("one"), node("other"), node("third", "tune-bce")
    for epoch in range(3):
        (tmp_path / "one" / "0123.pt").write_text(f"epoch {epoch}")
        one.upload()
    other.download()
    another_row.download()
    assert (tmp_path / "other" / "0123.pt").read_text() == "epoch 2"
    assert list((tmp_path / "third").iterdir()) == []


def test_only_a_state_that_changed_is_uploaded(node, tmp_path):
    one, _ = node("one")
    (tmp_path / "one" / "0123.pt").write_text("epoch 1")
    one.upload()
    kept = tmp_path / "store" / "brainseg" / "unfinished" / "tune-dice" / "0123.pt"
    kept.write_text("untouched")
    one.upload()
    assert kept.read_text() == "untouched"


def test_the_end_of_a_training_leaves_the_state_until_the_row_is_finished(node, tmp_path):
    one, _ = node("one")
    state = tmp_path / "one" / "0123.pt"
    state.write_text("epoch 1")
    one.upload()
    state.unlink()  # as training does at its end; predict is still to come
    one.upload()
    assert (tmp_path / "store" / "brainseg" / "unfinished" / "tune-dice" / "0123.pt").exists()
    one.remove()
    assert not (tmp_path / "store" / "brainseg" / "unfinished" / "tune-dice").exists()


def test_in_the_background_it_follows_and_a_remote_that_is_gone_stops_nothing(node, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY_SECONDS", 0.01)
    one, reported = node("one")
    store, gone = tmp_path / "store", tmp_path / "gone"
    kept = store / "brainseg" / "unfinished" / "tune-dice" / "0123.pt"
    with one.uploading():
        (tmp_path / "one" / "0123.pt").write_text("epoch 1")
        wait_for(kept.exists)
        store.rename(gone)
        (tmp_path / "one" / "0123.pt").write_text("epoch 02")
        wait_for(lambda: reported)
        time.sleep(0.1)
        gone.rename(store)
        wait_for(lambda: kept.read_text() == "epoch 02")
    assert len(reported) == 1  # once for each time that it is gone
    assert "store lacks brainseg/sweeps.txt" in reported[0]
