"""Model files to and from the Hugging Face hub."""

from pathlib import Path

from brainseg.core.errors import UserError
from brainseg.core.files import write_bytes
from brainseg.core.progress import same_style
from brainseg.model.archive import read_model

NAME = "model.zip"


def push(path: Path, repository: str, private: bool = True) -> str:
    """Upload a model file and its card to OWNER/NAME; the address. The hub's own login is used.

    private: of a repository that is created; one that exists stays as it is.
    """
    model = read_model(path)  # nothing damaged is handed on
    from huggingface_hub import HfApi

    try:
        api = HfApi()
        api.create_repo(repository, private=private, exist_ok=True)
        with same_style():
            api.upload_file(path_or_fileobj=model.card.encode(), path_in_repo="README.md", repo_id=repository)
            return str(api.upload_file(path_or_fileobj=path, path_in_repo=NAME, repo_id=repository))
    except Exception as error:  # of the hub, of its client, of the network
        raise UserError(f"{repository}: cannot be written ({_reason(error)})") from None


def pull(repository: str, target: Path, revision: str | None = None) -> None:
    """Download the model file of OWNER/NAME, check it, and copy it to target."""
    from huggingface_hub import hf_hub_download

    try:
        with same_style():
            downloaded = Path(hf_hub_download(repository, NAME, revision=revision))
    except Exception as error:
        raise UserError(f"{repository}: cannot be read ({_reason(error)})") from None
    read_model(downloaded)
    write_bytes(target, downloaded.read_bytes())


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
