"""YAML 1.2, as DVC reads and writes it, by libyaml. It is ten times as fast as ruamel, whose parser is Python.

A comparison reads a dvc.lock of seven hundred lines for each experiment. libyaml only parses. The
type of a scalar comes from the table below, which is ruamel's for YAML 1.2: `1e-4` is a number, `yes` is a word.
"""

import re
from functools import lru_cache
from typing import Any

import yaml

from brainseg.core.params import holds_too_much

MEANINGS = {  # tag -> (pattern, possible first characters)
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "int": (r"[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+", "-+0123456789"),
    "float": (
        r"[-+]?[0-9][0-9_]*(\.[0-9_]*([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)"
        r"|[-+]?\.[0-9_]+([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
    "merge": (r"<<", "<"),
}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # a PyYAML built without libyaml is slow, but correct
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML's own way; these are YAML 1.1's otherwise)

    def whole_number(self, node: yaml.ScalarNode) -> int:
        text = self.construct_scalar(node).replace("_", "")
        based = text.lstrip("+-")[:2] in ("0b", "0o", "0x")
        return int(text, 0 if based else 10)  # 010 is ten in YAML 1.2


for tag, (pattern, first) in MEANINGS.items():  # float comes after int: the first that matches counts
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))
Loader.add_constructor("tag:yaml.org,2002:int", Loader.whole_number)


@lru_cache(maxsize=1000)  # many commits hold the same dvc.lock
def parse(text: bytes) -> Any:
    """The content of a YAML file, which the caller must not change. Raises ValueError where it is not valid."""
    try:
        content = yaml.load(text, Loader=Loader)  # a safe loader: Loader is a CSafeLoader
        if holds_too_much(content):
            raise ValueError("holds too many values where its aliases are written out")
        return content
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{where}{getattr(error, 'problem', None) or 'not valid YAML'}") from None
