"""What an experiment varies. Each setting belongs to one factor: that of the longest key that it begins with."""

FACTORS = {
    "loss": "loss",
    "losses": "loss",
    "optim": "optimizer",
    "optims": "optimizer",
    "schedule": "schedule",
    "schedules": "schedule",
    "arch": "architecture",
    "archs": "architecture",
    "input": "input",
    "sampling": "sampling",
    "augment": "augmentation",
    "intensity": "augmentation",
    "train.epochs": "budget",
    "train.batch_size": "budget",
    "train.warmup_epochs": "schedule",
    "train": "training",
    "preprocess": "preprocessing",
    "predict": "prediction",
    "evaluate": "evaluation",
    "data": "data",
    "datasets": "data",
    "split": "split",
    "seed": "seed",
}
# in the order in which they are printed; fold, code and device do not come from settings alone
ORDER = list(dict.fromkeys([*FACTORS.values(), "fold", "code", "device"]))
# No difference in scores is credited to these: they have a warning of their own, or, like the seed,
# move scores by chance alone.
NOT_CREDITED = ("evaluation", "data", "split", "seed", "fold", "code", "device")


def factor_of(setting: str) -> str:
    """The factor of a dotted key. A section without an entry here is a factor of its own."""
    parts = setting.split(".")
    return FACTORS.get(".".join(parts[:2])) or FACTORS.get(parts[0]) or parts[0]


def place(factor: str) -> int:
    """The place of a factor in that order; an unknown one comes last."""
    return ORDER.index(factor) if factor in ORDER else len(ORDER)
