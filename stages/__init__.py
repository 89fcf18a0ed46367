"""One script a stage; `python -m stages.NAME` runs it in the folder that holds params.yaml.

The package is found beside this folder, not where pip installed it: `dvc exp run --queue`
and `--temp` run a snapshot in a folder of its own, and it must run its own code.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
