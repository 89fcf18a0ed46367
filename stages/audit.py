"""Look for duplicates, empty channels, odd masks and the like in the data: python -m stages.audit

No other stage depends on it, and findings are no error. It is the last one in dvc.yaml, so that nothing waits for it.
"""

from brainseg.audit.files import Places, write
from brainseg.audit.run import audit, lines
from brainseg.core.errors import report_errors
from brainseg.core.params import lookup_name, read_params
from brainseg.core.progress import print_line
from brainseg.data import paths, split
from brainseg.data.raw import patients

PLACES = Places(paths.PLOTS / "audit.html", paths.METRICS / "audit.csv", paths.METRICS / "audit.json")


def main() -> None:
    params = read_params()
    pattern, data = lookup_name(params, "split.person_pattern"), lookup_name(params, "data")
    found = audit(patients.FOLDER, split.read(), pattern, data)
    write(found, PLACES)
    for line in lines(found):
        print_line(line)


if __name__ == "__main__":
    with report_errors():
        main()
