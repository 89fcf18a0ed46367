"""Check every value of params.yaml, also of components that are not chosen: python -m stages.check

Its output is always the same, so nothing downstream runs because this stage ran.
"""

from pathlib import Path

from brainseg.core.errors import UserError, escaped, report_errors
from brainseg.core.files import write_bytes
from brainseg.core.params import read_params
from brainseg.params_check import find_errors
from brainseg.sources.folder import special_files


def main() -> None:
    params = read_params()
    faults = find_errors(params)
    for source in ("folder", "nifti") if not faults else ():
        patients = Path(params["datasets"].get(source, {}).get("path", ""))
        if patients.is_dir():  # DVC reads it next, whichever data set is chosen
            faults += [escaped(fault) for fault in special_files(patients)]
    if faults:
        raise UserError("\n".join(faults))
    write_bytes(Path("data/params_checked"), b"params.yaml holds no mistake\n")


if __name__ == "__main__":
    with report_errors():
        main()
