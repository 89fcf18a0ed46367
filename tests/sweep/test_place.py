import sys

import pytest

from brainseg.core.errors import UserError
from brainseg.sweep.place import Place
from brainseg.sweep.project import Project
from brainseg.sweep.workers import Workers


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"address": "127.0.0.1:6379"}, "--address is for rows on a cluster; add --on ray"),
        ({"cpus_per_row": 2}, "--cpus-per-row is for rows on a cluster; add --on ray"),
        ({"on": "ray", "jobs": 2}, "--jobs 2 is for rows on this machine; on Ray expected --cpus-per-row"),
    ],
)
def test_options_of_the_other_place_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        Place(**options)


def project(tmp_path) -> Project:
    return Project(tmp_path, tmp_path, tmp_path, "sha", tmp_path)


def test_rows_run_on_this_machine_by_default_and_need_no_ray(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    place = Place(jobs=2)
    with place.workers(project(tmp_path), "tune", 0, "train", 4) as workers:
        assert isinstance(workers, Workers)
        assert (len(workers.environments), workers.until) == (2, "train")
    place.bring_results(project(tmp_path), {"tune-dice": "sha"})


def test_without_ray_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(UserError, match=r"Ray is not installed; pip install 'brainseg\[cluster\]'"),
        Place("ray").workers(project(tmp_path), "tune", 0, None, 1),
    ):
        pass
