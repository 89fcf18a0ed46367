"""`brainseg push`, `pull`: model files to and from the Hugging Face hub."""

from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import report_errors

Repository = Annotated[str, typer.Argument(help="OWNER/NAME on the Hugging Face hub.")]


def push(
    model: Annotated[Path, typer.Argument(help="A model file.")],
    repository: Repository,
    public: Annotated[
        bool, typer.Option("--public", help="Make a new repository public. One that exists stays as it is.")
    ] = False,
) -> None:
    """Upload a model file and its card to the Hugging Face hub. Log in there first. A new repository is private."""
    with report_errors():
        from brainseg.model.hub import push

        typer.echo(push(model, repository, private=not public))


def pull(
    repository: Repository,
    out: Annotated[Path, typer.Option("--out", "-o", help="The model file to write.")] = Path("model.zip"),
    revision: Annotated[str | None, typer.Option(help="A commit, branch or tag; by default the newest.")] = None,
) -> None:
    """Download a model file from the Hugging Face hub, and check it."""
    with report_errors():
        from brainseg.model.hub import pull

        pull(repository, out, revision)
    typer.echo(out)
