"""The settings that studies.levers tries: what they all share, the recipes, and the levers upon the best recipe."""

BASE = {
    "split.strategy": "kfold",
    "split.set_aside": "report",
    "split.folds": 4,
    "preprocess.side_px": 128,
    "arch": "unet",
    "archs.unet.features": 16,
    "archs.unet.stem": "space_to_depth",  # the network works at 64 x 64
    "loss": "dice_bce",
    "optim": "adamw",
    "optims.adamw.lr": 2e-3,
    "schedule": "one_cycle",
    "train.epochs": 20,
    "train.batch_size": 16,
    "train.ema_decay": 0.998,
    "train.validate_every": 5,
    "predict.flips": True,
}

SAMPLING = {"sampling.area_power": 0.5, "sampling.background_share": 0.6}
INTENSITY = {"intensity.gain": 0.25, "intensity.offset": 0.3, "intensity.noise": 0.15}
GEOMETRY = {"augment.scale": 0.12, "augment.rotation_deg": 25.0}
ALL_THREE = SAMPLING | INTENSITY | GEOMETRY
APPEARANCE = {"intensity.gamma": 0.3, "intensity.bias_field": 0.3, "intensity.blur_px": 0.7}
INTERIOR = {"preprocess.z_score_over": "head_interior"}
RECIPES = {
    "base": {},  # the report's sampling and augmentation
    "sampling": SAMPLING,
    "intensity": INTENSITY,
    "geometry": GEOMETRY,
    "all_three": ALL_THREE,
    "robust": ALL_THREE | APPEARANCE | INTERIOR | {"intensity.channel_dropout": 0.25},
}
UPON = "robust"  # the recipe in which levers are changed, the one with the highest mean DSC in folds 0 and 1
RESUNET = {"arch": "resunet", "archs.resunet.features": 16, "archs.resunet.stem": "space_to_depth"}

LEVERS = {
    "side_192": {"preprocess.side_px": 192},  # the network works at 96 x 96
    # the slices that the report drops too: in two patients a false lesion grew into them and was the largest component
    "side_192_train_on_all": {"preprocess.side_px": 192, "sampling.train_on": "all"},
    "side_256_train_on_all": {"preprocess.side_px": 256, "sampling.train_on": "all"},
    "side_192_train_on_all_epochs_30": {"preprocess.side_px": 192, "sampling.train_on": "all", "train.epochs": 30},
    "epochs_45": {"train.epochs": 45},  # the minutes of side_192
    "report_sampling": {"sampling.area_power": 1.0, "sampling.background_share": 0.1},
    "z_score_over_volume": {"preprocess.z_score_over": "volume"},
    "no_channel_dropout": {"intensity.channel_dropout": 0.0},
    "no_appearance": dict.fromkeys(APPEARANCE, 0.0),
    "shapes": {"augment.scale": 0.2, "augment.shear_deg": 8.0, "augment.shift": 0.05, "augment.elastic_px": 2.0},
    "train_on_all": {"sampling.train_on": "all"},  # draws a tenth more slices
    "resunet": RESUNET,
    "resunet_deep_supervision": RESUNET | {"archs.resunet.deep_supervision": True},
    "resunet_instance_norm": RESUNET | {"archs.resunet.norm": "instance"},
    "features_24": {"archs.unet.features": 24},
    "levels_4": {"archs.unet.levels": 4},
    "dice": {"loss": "dice"},
    "dice_focal": {"loss": "dice_focal"},
    "lr_1e-3": {"optims.adamw.lr": 1e-3},
    "lr_4e-3": {"optims.adamw.lr": 4e-3},
    "batch_8": {"train.batch_size": 8, "train.ema_decay": 0.999},  # the average is of as many slices
    "batch_32": {"train.batch_size": 32, "train.ema_decay": 0.996},
    "train_on_all_neighbours_1": {"sampling.train_on": "all", "input.neighbours": 1},
    "neighbours_1": {"input.neighbours": 1},
    "no_ema": {"train.ema_decay": 0.0},
    "background_0.3": {"sampling.background_share": 0.3},
    "background_1.2": {"sampling.background_share": 1.2},
    "side_64": {"preprocess.side_px": 64, "archs.unet.stem": "plain"},  # the same network, slices half as fine
}
