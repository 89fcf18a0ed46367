"""`brainseg compare` as a person runs it, on a repository of experiments written by hand."""

import json
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from brainseg.cli.main import app
from tests.conftest import ROOT


def test_it_prints_what_it_writes(run, tmp_path):
    result = run("main", "bce", "sgd")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "comparison.md").read_text()
    assert page.startswith(result.stdout.split("\nWritten to")[0].rstrip())
    assert result.stderr == ""
    assert re.search(r"\| bce +\| better +\|", page) and re.search(r"\| sgd +\| worse +\|", page)


def test_without_names_it_compares_this_commit_and_what_hangs_from_it(run, tmp_path):
    result = run()
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert content["baseline"] == "main"
    assert set(content["methods"]) == {"main", "bce", "sgd", "noisy"}
    assert set(content["methods"]["main"]["experiments"]) == {"main", "seed1"}


def test_options_are_followed(run, tmp_path):
    assert run("main", "bce", "--baseline", "bce", "--metric", "precision", "--margin", "0.2").exit_code == 0
    content = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert (content["baseline"], content["metric"], content["margin"]) == ("bce", "precision", 0.2)


ERRORS = {
    "unknown name": (["main", "bcee"], "'bcee' is no experiment, branch, tag or commit; did you mean bce?"),
    "unknown pattern": (["x*"], "'x*' matches no name of an experiment"),
    "one experiment": (["main"], "nothing to compare with: main is the only experiment"),
    "one method": (["main", "seed1"], "nothing to compare with: main, seed1 are one method"),
    "unknown baseline": (["main", "bce", "--baseline", "sgd"], "--baseline is 'sgd'; expected one of: main, bce"),
    "unknown metric": (["main", "bce", "--metric", "dice"], "--metric is 'dice'; expected one of: dsc, iou, nsd,"),
    "a metric of later": (["main", "bce", "--metric", "nsd"], "was scored before there was 'nsd'"),
    "no margin": (["main", "bce", "--margin", "0"], "--margin is 0.0; expected above 0 and below 1"),
    "negative margin": (["main", "bce", "--margin", "-0.1"], "--margin is -0.1; expected above 0 and below 1"),
    "margin nan": (["main", "bce", "--margin", "nan"], "--margin is nan; expected above 0 and below 1"),
    "out is a file": (["main", "bce", "--out", "params.yaml"], "--out is params.yaml, a file; expected a folder"),
    "out in a file": (["main", "bce", "--out", "params.yaml/out"], "params.yaml/out: "),
    "out may not be written": (["main", "bce", "--out", "/proc/out"], "error: /proc"),
}


@pytest.mark.parametrize(("arguments", "reported"), ERRORS.values(), ids=ERRORS)
def test_mistakes_are_reported_in_one_line(run, arguments, reported):
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ") and reported in line
    assert isinstance(result.exception, SystemExit)  # no traceback


@pytest.mark.parametrize("under_git", [True, False])
def test_a_folder_that_is_no_project_is_reported(run, tmp_path, monkeypatch, under_git):
    monkeypatch.chdir(tmp_path)
    if under_git:
        subprocess.run(["git", "init", "--quiet"], check=True)
    result = run("main", "bce")
    assert result.exit_code == 1
    assert re.fullmatch(r"error: .*no project of DVC; run this in the folder that holds dvc.yaml\n", result.stderr)


BAD_OPTIONS = {
    "unknown option": ["--seed", "1"],
    "margin is no number": ["--margin", "much"],
    "fail-if is no word of it": ["--fail-if", "equal"],
    "value is missing": ["--metric"],
}


@pytest.mark.parametrize("options", BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_options_exit_with_2(run, options):
    result = run("main", "bce", "--out", "nowhere", *options)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("names", "option", "code"),
    [
        (["main", "bce"], "worse", 0),
        (["main", "sgd"], "worse", 3),
        (["main", "noisy"], "worse", 0),
        (["main", "bce", "sgd"], "worse", 3),
        (["main", "bce"], "not-better", 0),
        (["main", "sgd"], "not-better", 3),
        (["main", "noisy"], "not-better", 3),
        (["main", "bce", "noisy"], "not-better", 3),
    ],
)
def test_fail_if(run, tmp_path, names, option, code):
    result = run(*names, "--fail-if", option)
    assert result.exit_code == code, result.output
    assert result.stderr == ""
    assert (tmp_path / "out" / "comparison.md").exists()  # it is told also where it fails


def test_the_workspace_stays_as_it_is(run, project):
    def everything() -> dict:
        kept = [path for path in project.folder.rglob("*") if path.is_file() and "comparison" not in path.parts]
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in kept}

    status = project.git("status", "--porcelain")  # which itself renews git's index
    before = everything()
    assert CliRunner().invoke(app, ["compare", "main", "bce"]).exit_code == 0  # to its usual folder
    assert (project.folder / "comparison" / "comparison.md").is_file()
    assert everything() == before
    assert project.git("status", "--porcelain") == status


def test_the_usual_folder_is_ignored_by_git():
    root = ROOT
    assert "/comparison/" in (root / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("redirection", ["| head -1", "> /dev/full", ">&-"])
def test_the_exit_code_and_the_files_stay_whatever_becomes_of_stdout(project, tmp_path, redirection):
    code = "from brainseg.cli.main import app; app()"
    arguments = f"compare main sgd --fail-if not-better --out {tmp_path}/out"
    command = f"{{ {sys.executable} -c '{code}' {arguments}; echo $? >&3; }} 3> {tmp_path}/code {redirection}"
    done = subprocess.run(["bash", "-c", command], cwd=project.folder, stderr=subprocess.PIPE, text=True)
    assert (tmp_path / "code").read_text() == "3\n", done.stderr
    assert (tmp_path / "out" / "comparison.md").is_file() and (tmp_path / "out" / "ranks.png").is_file()
    assert "Traceback" not in done.stderr
