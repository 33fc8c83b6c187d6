"""What is wrong in a descriptor, told with the place where it stands."""


class Notes:
    """Collects mistakes of one place."""

    def __init__(self, mistakes: list[str], where: str) -> None:
        self.mistakes = mistakes
        self.where = where

    def add(self, text: str, key: str = "") -> None:
        self.mistakes.append(f"{self.where}, chiave «{key}»: {text}." if key else f"{self.where}: {text}.")

    def inside(self, where: str) -> "Notes":
        return Notes(self.mistakes, f"{self.where}, {where}")
