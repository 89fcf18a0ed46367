"""One script per stage; `python -m stages.NAME` runs it in the folder that holds params.yaml.

The package is found beside this folder, not where pip installed it: `dvc exp run --queue`
and `--temp` run a snapshot in a folder of its own, and it must run its own code.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from brainseg.core.errors import report_interruption
from brainseg.core.process import exit_with_parent

sys.excepthook = report_interruption  # before a stage's own code runs: torch takes seconds to load

if "DVC_STAGE" in os.environ:  # DVC started this process
    # a stage ends when DVC is killed; otherwise it would write to the files of the next `dvc repro`
    exit_with_parent()
