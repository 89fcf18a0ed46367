import shutil
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.experiments.dvc_cache import cache_folder, fetch, is_cached, md5_of
from tests.compare.small_project import FILES
from tests.experiments.small_found import OTHER_SCORES, PER_VOLUME, fault, names


def test_a_file_that_is_not_in_the_cache_may_be_in_the_workspace(project, capsys):
    (project.folder / project.cached(FILES[PER_VOLUME])).unlink()
    project.write(PER_VOLUME, FILES[PER_VOLUME])
    assert names(project, "main") == ["main"]
    project.write(PER_VOLUME, "patient,subset,dsc\n007,test,1\n")
    todo = "get it with `dvc pull`"
    assert f"main: {PER_VOLUME} is not in DVC's cache; {todo}" in fault(project, "main")
    assert f"{todo}, or run the pipeline with `dvc repro`" in fault(project, "workspace")
    assert names(project) == ["bce", "dice-9", "dice-10"]  # a fresh clone's HEAD
    reported = f"note: left out of the comparison. main: {PER_VOLUME} is not in DVC's cache; {todo}\n"
    assert capsys.readouterr().out == reported


def test_a_damaged_file_in_the_cache_is_not_believed(project):
    project.experiment("other", OTHER_SCORES)
    project.write(project.cached(OTHER_SCORES[PER_VOLUME]), "patient,subset,dsc\n007,test,1\n")
    assert "is not in DVC's cache" in fault(project, "other")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            ".dvc/config",
            '[core]\n    analytics = false\n[cache]\n    dir = ../../elsewhere\n    type = "reflink,copy"\n',
        ),
        (".dvc/config.local", "['remote \"a\"']\n    url = s3://a/%b\n[cache]\n    dir = '../../elsewhere' # quoted\n"),
        (".dvc/config", "[CORE]\n[cache]\ndir = {absolute}\n"),
        ("../global/config", "[cache]\n    dir = {absolute}\n"),
    ],
)
def test_the_cache_is_where_the_configuration_says(project, file, text):
    elsewhere = project.folder.parent / "elsewhere"
    shutil.move(project.folder / ".dvc" / "cache", elsewhere)
    assert "is not in DVC's cache" in fault(project, "bce")
    project.write(file, text.replace("{absolute}", str(elsewhere)))
    assert names(project, "bce") == ["bce"]


def test_without_any_configuration_it_is_in_the_project(tmp_path):
    assert cache_folder(tmp_path) == tmp_path / ".dvc" / "cache"


def test_the_local_configuration_counts_before_the_projects_and_that_before_the_users(tmp_path):
    places = {"global": "of the user", ".dvc": "of the project"}
    for name, place in places.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config").write_text(f"[cache]\n    dir = /{place}\n")
        assert cache_folder(tmp_path) == Path(f"/{place}")
    (tmp_path / ".dvc" / "config.local").write_text("[cache]\n    dir = ~/mine\n")
    assert cache_folder(tmp_path) == Path.home() / "mine"


@pytest.mark.parametrize("content", [b"dir = /no/section\n", b"[cache\n", b"\xff\xfe"])
def test_what_is_no_configuration_is_reported_in_one_line(tmp_path, content):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_bytes(content)
    with pytest.raises(UserError) as error:
        cache_folder(tmp_path)
    reported = str(error.value)
    assert reported.startswith(f"{tmp_path}/.dvc/config: not a configuration of DVC: ") and "\n" not in reported


def test_a_digest_is_that_of_md5():
    assert md5_of(b"") == "d41d8cd98f00b204e9800998ecf8427e"
    assert md5_of(b"abc") == "900150983cd24fb0d6963f7d28e17f72"


def test_content_is_taken_from_where_it_is_whole(tmp_path):
    md5, beside = md5_of(b"abc"), tmp_path / "abc.csv"
    cached = tmp_path / "files" / "md5" / "90" / md5[2:]
    assert fetch(tmp_path, md5, beside) is None
    beside.write_bytes(b"abc")
    assert fetch(tmp_path, md5, beside) == b"abc"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"ab")  # cut off
    assert fetch(tmp_path, md5, beside) == b"abc"
    beside.write_bytes(b"changed")
    assert fetch(tmp_path, md5, beside) is None
    cached.write_bytes(b"abc")
    assert fetch(tmp_path, md5, beside) == b"abc"


def test_a_folder_is_cached_if_all_its_files_are(tmp_path):
    def put(md5: str, content: str) -> Path:
        path = tmp_path / "files" / "md5" / md5[:2] / md5[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    one, other, folder = "11" + "a" * 30, "22" + "b" * 30, "33" + "c" * 30 + ".dir"
    assert not is_cached(tmp_path, one)
    put(one, "one")
    assert is_cached(tmp_path, one)
    assert not is_cached(tmp_path, folder)
    put(folder, f'[{{"md5": "{one}", "relpath": "1"}}, {{"md5": "{other}", "relpath": "2"}}]')
    assert not is_cached(tmp_path, folder)
    put(other, "other")
    assert is_cached(tmp_path, folder)
