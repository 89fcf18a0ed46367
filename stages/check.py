"""Check every value of params.yaml, also of what is not chosen: python -m stages.check

Its output is always the same, so nothing downstream runs because this stage ran.
"""

from pathlib import Path

from brainseg.checking import faults_in
from brainseg.errors import UserError, told_in_one_line
from brainseg.files import write_bytes
from brainseg.params import read_params


def main() -> None:
    if faults := faults_in(read_params()):
        raise UserError("\n".join(faults))
    write_bytes(Path("data/params_checked"), b"params.yaml holds no mistake\n")


if __name__ == "__main__":
    with told_in_one_line():
        main()
