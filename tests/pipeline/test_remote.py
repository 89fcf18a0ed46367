"""docs/how-to/remotes.md: another machine gets the results from a remote, and has nothing to run."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from brainseg.experiments.lock import flat
from tests.pipeline.conftest import Project

pytestmark = pytest.mark.slow

WITH_IMAGES = {  # of patients, as docs/how-to/remotes.md lists them
    "download": ["data/raw"],
    "preprocess": ["data/preprocessed"],
    "plot": ["plots/examples.png", "plots/augmentation.png"],
    "page": ["plots/report.html"],
    "audit": ["plots/audit.html"],
}


@dataclass(frozen=True)
class S3:
    """A server with a bucket named brainseg, and one user who may use it."""

    url: str
    key: str
    secret: str


@pytest.fixture
def s3() -> Iterator[S3]:
    boto3 = pytest.importorskip("boto3", reason="`pip install -e .[dev]` brings dvc-s3 and moto")
    moto = pytest.importorskip("moto.server", reason="`pip install -e .[dev]` brings dvc-s3 and moto")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        anybody = {"aws_access_key_id": "a", "aws_secret_access_key": "a", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=url, **anybody).create_bucket(Bucket="brainseg")
        users = boto3.client("iam", endpoint_url=url, **anybody)
        users.create_user(UserName="tests")
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        users.put_user_policy(UserName="tests", PolicyName="all", PolicyDocument=policy)
        key = users.create_access_key(UserName="tests")["AccessKey"]
        ask_for_credentials_after(url, "0")  # who comes now must be the user
        yield S3(url, key["AccessKeyId"], key["SecretAccessKey"])
    finally:
        ask_for_credentials_after(url, "inf")
        server.stop()


def ask_for_credentials_after(url: str, requests: str) -> None:
    plain = {"Content-Type": "text/plain"}
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset-auth", requests.encode(), plain))


def of_nobody(folder: Path) -> Project:
    """Without any credentials of whoever runs the tests."""
    project = Project(folder)
    own = {key: value for key, value in project.environment.items() if not key.startswith("AWS_")}
    nowhere = str(folder / "nowhere")
    project.environment = own | {
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_CONFIG_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }
    return project


def give_credentials(project: Project, s3: S3) -> None:
    project.run("dvc", "remote", "modify", "--local", "storage", "access_key_id", s3.key)
    project.run("dvc", "remote", "modify", "--local", "storage", "secret_access_key", s3.secret)


def test_an_empty_clone_pulls_from_s3_and_has_nothing_to_run(reproduced, s3, tmp_path):
    project = of_nobody(reproduced.copy_to(tmp_path / "project").folder)
    project.run("dvc", "remote", "add", "-d", "storage", "s3://brainseg/project")
    project.run("dvc", "remote", "modify", "storage", "endpointurl", s3.url)
    give_credentials(project, s3)
    project.commit()
    project.run("git", "init", "--quiet", "--bare", str(tmp_path / "origin"))
    project.run("git", "remote", "add", "origin", str(tmp_path / "origin"))
    project.run("git", "push", "--quiet", "origin", "HEAD:refs/heads/main")
    project.run("dvc", "push")
    project.run("dvc", "exp", "run", "-n", "redrawn", "-S", "plot.dpi=31")
    project.run("dvc", "exp", "push", "origin", "redrawn")
    assert s3.secret not in project.run("git", "log", "--all", "--patch")

    project.run("git", "clone", "--quiet", "--branch", "main", str(tmp_path / "origin"), str(tmp_path / "clone"))
    clone = of_nobody(tmp_path / "clone")
    committed = {path: path.read_bytes() for path in (clone.folder / "metrics").glob("*.json")}
    assert "Unable to locate credentials" in clone.run("dvc", "pull", ok=False)
    assert "403" in clone.run("dvc", "pull", ok=False, AWS_ACCESS_KEY_ID=s3.key, AWS_SECRET_ACCESS_KEY="wrong")
    assert "is not in DVC's cache; get it with `dvc pull`" in clone.run("brainseg", "show", ok=False)

    give_credentials(clone, s3)
    clone.run("dvc", "pull")
    assert clone.repro() == []
    shown = json.loads(clone.run("dvc", "metrics", "show", "--json"))[""]["data"]
    assert {path: figures(shown[path]["data"]) for path in shown} == {
        str(path.relative_to(clone.folder)): figures(json.loads(content)) for path, content in committed.items()
    }
    assert {path: path.read_bytes() for path in committed} == committed
    assert clone.run("git", "status", "--porcelain") == ""
    mean = shown["metrics/evaluation.json"]["data"]["test"]["dsc"]["mean"]
    assert f"mean DSC {mean:.4f}" in clone.run("brainseg", "show")

    clone.run("dvc", "exp", "pull", "origin", "redrawn")
    clone.run("dvc", "exp", "apply", "redrawn")
    assert clone.repro() == []
    drawn = (clone.folder / "plots" / "loss.png").read_bytes()
    assert drawn == (project.folder / "plots" / "loss.png").read_bytes()


def figures(content: dict) -> dict[str, object]:
    """All values by dotted keys, without lists and nulls, which DVC leaves out."""
    return {key: value for key, value in flat("", content).items() if not isinstance(value, list | None)}


def test_images_of_patients_can_stay_here(reproduced, tmp_path):
    project = reproduced.copy_to(tmp_path / "project")
    keep_here(project)
    project.run("dvc", "remote", "add", "-d", "storage", str(tmp_path / "remote"))
    assert project.repro() == []  # the setting is no reason to run anything
    project.commit()
    project.run("dvc", "push", "--run-cache")
    pushed = {f"{path.parent.name}{path.name}" for path in (tmp_path / "remote" / "files" / "md5").rglob("*")}
    lock = YAML().load(project.folder / "dvc.lock")["stages"]
    for stage, content in lock.items():
        for out in content.get("outs", ()):
            stays = out["path"] in WITH_IMAGES.get(stage, ()) or out["path"].endswith(".json")
            assert stays or out["md5"] in pushed, out["path"]
            assert out["path"] not in WITH_IMAGES.get(stage, ()) or not pushed & digests(project, out["md5"])

    clone = Project(tmp_path / "clone")
    project.run("git", "clone", "--quiet", str(project.folder), str(clone.folder))
    reported = clone.run("dvc", "pull", ok=False)  # all but what is not there
    assert "data/raw" in reported and "data/weights" not in reported.partition("Checkout failed")[2]
    assert clone.repro() == [*WITH_IMAGES]  # and neither trains nor predicts
    assert clone.run("git", "status", "--porcelain") == ""


def keep_here(project: Project) -> None:
    """push: false at the outputs with images, in dvc.yaml."""
    yaml = YAML()
    pipeline = yaml.load(project.folder / "dvc.yaml")
    for stage, paths in WITH_IMAGES.items():
        outs = pipeline["stages"][stage]["outs"]
        outs[:] = [{path: {"push": False}} if path in paths else path for path in outs]
    yaml.dump(pipeline, project.folder / "dvc.yaml")


def digests(project: Project, md5: str) -> set[str]:
    """Of a file; of a folder its listing's and all its files'."""
    if not md5.endswith(".dir"):
        return {md5}
    listing = project.folder / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    return {md5} | {entry["md5"] for entry in json.loads(listing.read_bytes())}
