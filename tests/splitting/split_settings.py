"""Settings of the split for tests."""

from brainseg.splitting.settings import SplitSettings


def chosen(strategy="random", **changes) -> SplitSettings:
    usual = {"set_aside": "nobody", "person_pattern": "auto", "seed": 0, "validation": 0.15, "test": 0.25}
    usual |= {"file": "own.csv", "stratify": "institution"}
    return SplitSettings(strategy=strategy, **usual | {"folds": 5, "fold": 0} | changes)
