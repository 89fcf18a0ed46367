"""The order of the three channels of an image, as in the LGG set."""

NAMES = ("pre_contrast", "flair", "post_contrast")
PRE_CONTRAST, FLAIR, POST_CONTRAST = range(3)
