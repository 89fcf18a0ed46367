import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch

import brainseg
from brainseg.core.errors import UserError
from brainseg.training import checkpoint as module
from brainseg.training.checkpoint import Checkpoint, fingerprint, open_checkpoint, project_folder
from tests.training.small_state import after_an_epoch, at_the_start, same


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "state.pt")


def test_where_nothing_was_written_nothing_is_restored(checkpoint, capsys):
    state, before = at_the_start(), at_the_start()
    checkpoint.restore(state)
    assert same(state.state_dict(), before.state_dict())
    assert capsys.readouterr().out == ""


def test_the_state_written_last_comes_back(checkpoint, capsys):
    written = after_an_epoch()
    checkpoint.write(at_the_start().state_dict())
    checkpoint.write(written.state_dict())
    state = at_the_start()
    checkpoint.restore(state)
    assert same(state.state_dict(), written.state_dict())
    assert state.network.weight.stride() == written.network.weight.stride()  # channels last stays so
    assert list(checkpoint.path.parent.iterdir()) == [checkpoint.path]
    assert "after epoch 1" in capsys.readouterr().out


def test_what_was_removed_is_gone(checkpoint, capsys):
    checkpoint.write(after_an_epoch().state_dict())
    checkpoint.remove()
    checkpoint.restore(at_the_start())
    checkpoint.remove()  # once more does no harm
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: b"", id="empty"),
        pytest.param(lambda whole: whole[: len(whole) // 2], id="half of it"),
        pytest.param(lambda whole: whole[:-1], id="all but a byte"),
        pytest.param(lambda whole: bytes(len(whole)), id="zeros"),
        pytest.param(lambda whole: b"garbage", id="garbage"),
    ],
)
def test_a_damaged_file_is_left_out_with_a_note(checkpoint, damage, capsys):
    checkpoint.write(after_an_epoch().state_dict())
    checkpoint.path.write_bytes(damage(checkpoint.path.read_bytes()))
    assert_left_out(checkpoint, capsys)


def assert_left_out(checkpoint: Checkpoint, capsys: pytest.CaptureFixture) -> None:
    state = at_the_start()
    checkpoint.restore(state)
    assert same(state.state_dict(), at_the_start().state_dict())
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{checkpoint.path}: ") and "training starts anew" in line


def test_a_state_of_another_training_is_left_out_with_a_note(checkpoint, capsys):
    state = after_an_epoch().state_dict()
    checkpoint.write(state | {"network": {"weight": torch.zeros(9)}})
    assert_left_out(checkpoint, capsys)


def test_a_flipped_bit_is_noticed(checkpoint, capsys):
    checkpoint.write(after_an_epoch().state_dict())
    content = bytearray(checkpoint.path.read_bytes())
    content[len(content) // 2] ^= 1
    checkpoint.path.write_bytes(content)
    assert_left_out(checkpoint, capsys)


def test_a_state_that_does_not_fit_into_memory_stays(checkpoint, monkeypatch):
    checkpoint.write(after_an_epoch().state_dict())

    def out_of_memory(*_, **__):
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(torch, "load", out_of_memory)
    with pytest.raises(torch.OutOfMemoryError):
        checkpoint.restore(at_the_start())
    assert checkpoint.path.exists()


class MakesAFolder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_file_that_would_run_code_is_not_read(checkpoint, tmp_path, capsys):
    checkpoint.write({"trained": MakesAFolder(tmp_path / "ran")})
    assert_left_out(checkpoint, capsys)
    assert not (tmp_path / "ran").exists()


def in_use(folder: Path, key: str) -> str:
    """What is told of a training under way; empty if there is none."""
    try:
        with open_checkpoint(folder, key):
            return ""
    except UserError as error:
        return str(error)


def test_a_second_training_beside_a_running_one_is_refused(tmp_path):
    with open_checkpoint(tmp_path, "key"):
        for _ in range(2):  # nor does a refusal open the door
            assert in_use(tmp_path, "key") == (
                f"{tmp_path}/key.lock: the same training runs already, as process {os.getpid()}; wait for it, or end it"
            )
        assert not in_use(tmp_path, "other")
    assert not in_use(tmp_path, "key")


HOLD = """
import sys, time
from pathlib import Path
from brainseg.training.checkpoint import open_checkpoint
with open_checkpoint(Path(sys.argv[1]), "key"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_training_lets_go(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            reported = in_use(tmp_path, "key")
            assert f"as process {holder.pid};" in reported and "\n" not in reported
            assert not in_use(tmp_path, "other")
        finally:
            holder.send_signal(signal.SIGKILL)
    assert (tmp_path / "key.lock").exists()  # it had no time to remove it
    assert not in_use(tmp_path, "key")


@pytest.mark.parametrize("removed", [False, True])
def test_the_lock_file_goes_and_the_state_stays_unless_it_is_removed(tmp_path, removed):
    folder = tmp_path / "runs" / "unfinished"
    with pytest.raises(KeyboardInterrupt), open_checkpoint(folder, "key") as checkpoint:
        checkpoint.write(after_an_epoch().state_dict())
        if removed:
            checkpoint.remove()
        raise KeyboardInterrupt
    assert [path.name for path in folder.iterdir()] == ([] if removed else ["key.pt"])
    with open_checkpoint(folder, "key") as checkpoint:
        assert checkpoint.path.exists() != removed
    with open_checkpoint(folder, "other") as checkpoint:
        assert not checkpoint.path.exists()


def test_only_the_holder_is_named(tmp_path):
    (tmp_path / "key.pid").write_text("123456789012345")  # of one that was killed
    (tmp_path / "key.lock").touch()
    with open_checkpoint(tmp_path, "key"):
        assert f"as process {os.getpid()};" in in_use(tmp_path, "key")


def test_one_after_the_other_each_gets_the_lock(tmp_path):
    for _ in range(50):
        with open_checkpoint(tmp_path, "key"):
            assert in_use(tmp_path, "key")
        assert not in_use(tmp_path, "key")


PARTS = (b'{"lr": 0.1}', torch.arange(6, dtype=torch.int32).to(torch.uint16).view(2, 3), torch.tensor([True, False]))


def test_the_same_parts_give_the_same_key_wherever_they_are(tmp_path, monkeypatch):
    key = fingerprint(*PARTS)
    assert len(key) == 16 and key.isalnum()
    monkeypatch.chdir(tmp_path)
    torch.rand(3)
    assert fingerprint(*PARTS) == key
    assert fingerprint(PARTS[0], PARTS[1].T.contiguous().T, PARTS[2].clone()) == key  # nor the order in memory


@pytest.mark.parametrize(
    "others",
    [
        pytest.param((b'{"lr": 0.2}', *PARTS[1:]), id="a setting"),
        pytest.param(
            (PARTS[0], torch.arange(1, 7, dtype=torch.int32).to(torch.uint16).view(2, 3), PARTS[2]), id="data"
        ),
        pytest.param((*PARTS[:2], torch.tensor([True, True])), id="a mask"),
        pytest.param((PARTS[0], PARTS[1].to(torch.int32), PARTS[2]), id="a type of another width"),
        pytest.param((PARTS[0], PARTS[1].T, PARTS[2]), id="the order of pixels"),
        pytest.param((PARTS[0], PARTS[2], PARTS[1]), id="the order of parts"),
        pytest.param(PARTS[:2], id="one less"),
        pytest.param((*PARTS, b""), id="an empty one more"),
        pytest.param((*PARTS, torch.zeros(0)), id="no slices"),
    ],
)
def test_anything_else_gives_another_key(others):
    assert fingerprint(*others) != fingerprint(*PARTS)


def test_where_one_part_ends_and_the_next_begins_matters():
    assert len({fingerprint(b"ab", b"c"), fingerprint(b"a", b"bc"), fingerprint(b"abc"), fingerprint(b"", b"abc")}) == 4


def test_every_bit_of_a_tensor_matters():
    numbers = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    keys = {fingerprint(numbers)}
    for place in range(numbers.numel()):
        changed = numbers.clone()
        changed.view(torch.int32).view(-1)[place] ^= 1  # the last bit of the fraction
        keys.add(fingerprint(changed))
    assert len(keys) == 61


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("torch.get_num_threads", lambda: 77),
        ("torch.backends.cpu.get_cpu_capability", lambda: "ABACUS"),
        ("torch.__version__", "0.4.1"),
    ],
)
def test_what_rounds_numbers_another_way_gives_another_key(name, other, monkeypatch):
    key = fingerprint(*PARTS)
    monkeypatch.setattr(name, other)
    assert fingerprint(*PARTS) != key


def test_an_edit_of_the_code_gives_another_key(tmp_path, monkeypatch):
    files = [("brainseg.a", tmp_path / "a.py"), ("brainseg.b", tmp_path / "b.py")]
    for _, path in files:
        path.write_text("x = 1\n")
    monkeypatch.setattr(module, "_loaded_files", lambda: files)
    key = fingerprint(*PARTS)
    files[1][1].write_text("x = 2\n")
    edited = fingerprint(*PARTS)
    files[1][1].write_text("x = 1\n")
    assert fingerprint(*PARTS) == key != edited
    files[1] = ("brainseg.c", files[1][1])
    assert fingerprint(*PARTS) not in (key, edited)
    files.pop()
    assert fingerprint(*PARTS) not in (key, edited)


def test_the_code_is_that_of_the_package_as_far_as_it_is_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "brainseg.figures.poor_regions", raising=False)
    files = dict(module._loaded_files())
    assert files["brainseg.training.checkpoint"] == Path(module.__file__)
    assert files["brainseg"] == Path(brainseg.__file__)
    assert "brainseg.figures.poor_regions" not in files
    project = Path(brainseg.__file__).parents[2]
    assert all(path.is_relative_to(project / "src") or path.parent == project / "stages" for path in files.values())


def test_the_stage_that_trains_belongs_to_the_code(monkeypatch):
    stage = import_module("stages.train")
    assert ("stages.train", Path(stage.__file__)) in list(module._loaded_files())
    monkeypatch.setitem(sys.modules, "__main__", stage)  # as under `python -m stages.train`
    assert ("train.py", Path(stage.__file__)) in list(module._loaded_files())


@pytest.mark.parametrize("snapshot", [".", ".dvc/tmp/exps/tmpabc", ".dvc/tmp/exps/standalone/tmpabc"])
def test_the_project_is_found_also_from_a_snapshot_in_it(snapshot, tmp_path, monkeypatch):
    root = tmp_path / "somebodys" / "project"
    (root / snapshot).mkdir(parents=True)
    monkeypatch.chdir(root / snapshot)
    assert project_folder() == root


def test_another_folder_of_dvc_is_no_snapshot(tmp_path, monkeypatch):
    folder = tmp_path / ".dvc" / "tmp" / "other"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert project_folder() == folder
