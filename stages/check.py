"""Check every value of params.yaml, also of components that are not chosen: python -m stages.check

Its output is always the same, so nothing downstream runs because this stage ran.
"""

from pathlib import Path

from brainseg.core.errors import UserError, report_errors
from brainseg.core.files import write_bytes
from brainseg.core.params import read_params
from brainseg.params_check import find_errors


def main() -> None:
    if faults := find_errors(read_params()):
        raise UserError("\n".join(faults))
    write_bytes(Path("data/params_checked"), b"params.yaml holds no mistake\n")


if __name__ == "__main__":
    with report_errors():
        main()
