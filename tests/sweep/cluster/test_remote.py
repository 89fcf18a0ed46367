from pathlib import Path

import pytest
from dvc.config import Config

from brainseg.core.errors import UserError
from brainseg.sweep.cluster.remote import Remote, RemoteSettings, configure, default_remote


@pytest.fixture(autouse=True)
def no_configuration_of_mine(tmp_path, monkeypatch):
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no config of mine"))


@pytest.fixture
def project(tmp_path):
    """Writes DVC's configuration of a project: what git tracks, and the local one."""

    def write(config: str, local: str = "") -> Path:
        (tmp_path / "project" / ".dvc").mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / ".dvc" / "config").write_text(config)
        (tmp_path / "project" / ".dvc" / "config.local").write_text(local)
        return tmp_path / "project"

    return write


@pytest.fixture
def remote(tmp_path) -> Remote:
    remote = Remote(RemoteSettings("store", {"url": str(tmp_path / "store")}))
    remote.mark()
    return remote


def test_the_default_remote_has_its_local_settings_and_an_absolute_path(project, tmp_path):
    folder = project(
        "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n['remote \"other\"']\n    url = s3://a/b\n",
        "['remote \"store\"']\n    shared = group\n",
    )
    found = default_remote(folder)
    assert (found.name, found.url) == ("store", str(tmp_path / "store"))
    assert found.settings["shared"] == "group" or found.settings["shared"] == 0o664


@pytest.mark.parametrize("config", ["", "['remote \"store\"']\n    url = /store\n", "[core]\n    remote = store\n"])
def test_without_a_default_remote_it_says_how_to_add_one(project, config):
    with pytest.raises(UserError, match="no default DVC remote; .*dvc remote add --default NAME URL"):
        default_remote(project(config))


def test_a_clone_gets_the_remote_and_the_cache_and_git_shows_no_change(project, tmp_path):
    folder = project("[core]\n    autostage = true\n", "[cache]\n    type = copy\n")
    settings = {"url": "s3://bucket/path", "endpointurl": "http://127.0.0.1:5000"}
    configure(folder, RemoteSettings("store", settings), {"dir": str(tmp_path / "cache"), "type": ["hardlink", "copy"]})
    config = Config(str(folder / ".dvc"))
    assert default_remote(folder) == RemoteSettings("store", {"verify": False} | settings | config["remote"]["store"])
    assert config["remote"]["store"]["endpointurl"] == "http://127.0.0.1:5000"
    assert config["cache"]["dir"] == str(tmp_path / "cache")
    assert config["cache"]["type"] == ["hardlink", "copy"]
    assert (folder / ".dvc" / "config").read_text() == "[core]\n    autostage = true\n"


def test_a_remote_that_lacks_the_mark_is_another_or_gone(remote, tmp_path):
    remote.check()
    (tmp_path / "store").rename(tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match="store lacks brainseg/sweeps.txt"):
        remote.check()
    with pytest.raises(FileNotFoundError):
        remote.upload(tmp_path / "file", "unfinished", "row", "a.pt")
    assert not (tmp_path / "store").exists()  # a mount that is gone is not taken for an empty folder


def test_files_are_uploaded_downloaded_and_removed(remote, tmp_path):
    (tmp_path / "a.pt").write_bytes(b"one")
    (tmp_path / "b.pt").write_bytes(b"other")
    remote.upload(tmp_path / "a.pt", "unfinished", "row", "a.pt")
    remote.upload(tmp_path / "b.pt", "unfinished", "row2", "b.pt")
    (tmp_path / "there").mkdir()
    assert remote.download(tmp_path / "there", "unfinished", "row") == ["a.pt"]
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["a.pt"]
    assert (tmp_path / "there" / "a.pt").read_bytes() == b"one"
    remote.remove("unfinished", "row")
    remote.remove("unfinished", "row")
    assert remote.download(tmp_path / "there", "unfinished", "row") == []
    assert remote.download(tmp_path / "there", "unfinished", "row2") == ["b.pt"]
