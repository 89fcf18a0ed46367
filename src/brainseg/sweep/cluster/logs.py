"""An actor of Ray that takes parts of rows' logs from the nodes, until the driver asks for them."""


class Logs:
    """If it is lost, only the display is behind: each row gives back its whole log at its end."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, str]] = []

    def add(self, row: str, part: str) -> None:
        self.parts.append((row, part))

    def take(self) -> list[tuple[str, str]]:
        """(row, part of its log), in order, since the last call."""
        parts, self.parts = self.parts, []
        return parts
