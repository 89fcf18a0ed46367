"""A DVC remote in an S3 server of this machine, which can be gone for a while and keeps what it has."""

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "results"


class S3Remote:
    def __init__(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
        self._server.start()
        _, self._port = self._server.get_host_and_port()
        self.url = f"http://127.0.0.1:{self._port}"
        keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests", "region_name": "us-east-1"}
        self._client = boto3.client("s3", endpoint_url=self.url, **keys)
        self._client.create_bucket(Bucket=BUCKET)

    def add_to(self, project) -> None:
        """Make it the project's default remote; its passwords are in the local configuration."""
        project.run("dvc", "remote", "add", "--default", "store", f"s3://{BUCKET}/store")
        project.run("dvc", "remote", "modify", "store", "endpointurl", self.url)
        for key in ("access_key_id", "secret_access_key"):
            project.run("dvc", "remote", "modify", "--local", "store", key, "tests")

    def files(self, prefix: str) -> list[str]:
        found = self._client.list_objects_v2(Bucket=BUCKET, Prefix=f"store/{prefix}")
        return [entry["Key"].removeprefix("store/") for entry in found.get("Contents", [])]

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", port=self._port, verbose=False)
        self._server.start()
