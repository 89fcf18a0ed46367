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

    create = lambda repository, exist_ok: None  # noqa: E731
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: SimpleNamespace(create_repo=create, upload_file=upload_file))
    return files


def test_a_model_and_its_card_are_uploaded(tmp_path, api):
    model = small_model.write(tmp_path / "m.zip")
    assert push(tmp_path / "m.zip", "me/lgg") == "address of me/lgg"
    assert api == {"me/lgg/README.md": model.card.encode(), "me/lgg/model.zip": (tmp_path / "m.zip").read_bytes()}


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
