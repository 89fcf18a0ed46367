"""The order of the three channels of an image, as in the LGG set."""

PRE_CONTRAST, FLAIR, POST_CONTRAST = range(3)
