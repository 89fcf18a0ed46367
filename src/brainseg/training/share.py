"""The rows of a batch that one of several processes computes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """of: the slices of the whole batch; rows: which of them."""

    of: int
    rows: slice

    @classmethod
    def whole(cls, batch_size: int) -> "Share":
        return cls(batch_size, slice(None))
