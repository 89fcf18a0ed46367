"""`dvc` that ends with the process that started it: python -m brainseg.sweep.dvc_process PARENT exp run ...

Its stages end with it too (brainseg.core.process), so no process remains after a sweep is killed.
"""

import sys

from brainseg.core.process import exit_with_parent


def main(parent: str, *words: str) -> int:
    exit_with_parent(int(parent))  # before DVC's own modules load, which takes a second
    from dvc.cli import main as dvc

    return dvc(list(words))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
