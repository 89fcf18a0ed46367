"""Files in DVC's cache, found without DVC: importing it takes a second."""

import hashlib
import json
import os
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path

from platformdirs import site_config_dir, user_config_dir

from brainseg.core.errors import UserError


def cache_folder(folder: Path) -> Path:
    """The output of `dvc cache dir` in the project `folder`. Cached files are in it under files/md5."""
    configs = [
        Path(os.environ.get("DVC_SYSTEM_CONFIG_DIR") or site_config_dir("dvc", "iterative")) / "config",
        Path(os.environ.get("DVC_GLOBAL_CONFIG_DIR") or user_config_dir("dvc", "iterative")) / "config",
        folder / ".dvc" / "config",
        folder / ".dvc" / "config.local",
    ]
    cache = folder / ".dvc" / "cache"
    for config in configs:  # the last one counts
        parsed = ConfigParser(interpolation=None, strict=False, allow_no_value=True, inline_comment_prefixes=("#",))
        try:
            parsed.read(config)
        except (ConfigError, UnicodeDecodeError) as error:
            raise UserError(f"{config}: not a configuration of DVC: {' '.join(str(error).split())}") from None
        if value := parsed.get("cache", "dir", fallback=None):
            cache = config.parent / Path(value.strip("\"'")).expanduser()
    return cache


def fetch(cache: Path, md5: str, workspace_file: Path) -> bytes | None:
    """The content with this md5, from the cache or the workspace; None if neither has the complete content."""
    for path in (cache / "files" / "md5" / md5[:2] / md5[2:], workspace_file):
        if path.is_file() and md5_of(content := path.read_bytes()) == md5:
            return content
    return None


def is_cached(cache: Path, md5: str) -> bool:
    """Whether the cache has the file with this md5, or the folder (an md5 that ends with .dir) with all its files."""
    path = cache / "files" / "md5" / md5[:2] / md5[2:]
    if not path.is_file() or not md5.endswith(".dir"):
        return path.is_file()
    return all(is_cached(cache, entry["md5"]) for entry in json.loads(path.read_bytes()))


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
