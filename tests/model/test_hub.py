import shutil
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest

from brainseg.core.errors import UserError
from brainseg.model.hub import pull, push
from tests.model import small_model


@pytest.fixture
def api(monkeypatch):
    """A hub that keeps what is uploaded."""
    files: dict[str, bytes] = {}

    def upload_file(path_or_fileobj, path_in_repo, repo_id):
        content = path_or_fileobj if isinstance(path_or_fileobj, bytes) else path_or_fileobj.read_bytes()
        files[f"{repo_id}/{path_in_repo}"] = content
        return f"address of {repo_id}"

    def create(repository, private, exist_ok):
        files[repository] = b"private" if private else b"public"

    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: SimpleNamespace(create_repo=create, upload_file=upload_file))
    return files


def test_a_model_and_its_card_are_uploaded(tmp_path, api):
    model = small_model.write(tmp_path / "m.zip")
    assert push(tmp_path / "m.zip", "me/lgg") == "address of me/lgg"
    uploaded = {"me/lgg/README.md": model.card.encode(), "me/lgg/model.zip": (tmp_path / "m.zip").read_bytes()}
    assert api == uploaded | {"me/lgg": b"private"}
    push(tmp_path / "m.zip", "me/lgg", private=False)
    assert api == uploaded | {"me/lgg": b"public"}


def test_a_damaged_file_is_not_uploaded(tmp_path, api):
    (tmp_path / "m.zip").write_bytes(b"damaged")
    with pytest.raises(UserError, match="not a whole model file"):
        push(tmp_path / "m.zip", "me/lgg")
    assert api == {}


def test_a_model_is_downloaded_and_checked(tmp_path, monkeypatch):
    small_model.write(tmp_path / "there.zip")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda repo, name, revision: str(tmp_path / "there.zip"))
    pull("me/lgg", tmp_path / "here" / "m.zip")
    assert (tmp_path / "here" / "m.zip").read_bytes() == (tmp_path / "there.zip").read_bytes()
    (tmp_path / "there.zip").write_bytes(b"damaged")
    with pytest.raises(UserError, match="not a whole model file"):
        pull("me/lgg", tmp_path / "other.zip")
    assert not (tmp_path / "other.zip").exists()


def test_a_download_that_cannot_be_written_whole_leaves_the_old_file(tmp_path, monkeypatch):
    small_model.write(tmp_path / "there.zip")
    (tmp_path / "m.zip").write_bytes(b"old")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda repo, name, revision: str(tmp_path / "there.zip"))

    def half(path, content):
        with path.open("wb") as file:
            file.write(bytes(content)[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    monkeypatch.setattr(shutil, "copyfile", lambda source, target: half(target, source.read_bytes()))
    with pytest.raises(OSError, match="No space left"):
        pull("me/lgg", tmp_path / "m.zip")
    assert (tmp_path / "m.zip").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.zip", "there.zip"]


def test_without_network_it_is_one_line(tmp_path, monkeypatch):
    def fail(*arguments, **more):
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fail)
    with pytest.raises(UserError, match=r"^me/lgg: cannot be read \(ConnectionError: no route to host\)$"):
        pull("me/lgg", tmp_path / "m.zip")
    small_model.write(tmp_path / "m.zip")
    monkeypatch.setattr(huggingface_hub, "HfApi", fail)
    with pytest.raises(UserError, match=r"^me/lgg: cannot be written \(ConnectionError: no route to host\)$"):
        push(tmp_path / "m.zip", "me/lgg")
