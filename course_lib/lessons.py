"""The lessons of the course, as lessons.toml lists them."""
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SEED = 0


@dataclass(frozen=True)
class Lesson:
    """One entry of lessons.toml. `model` is the bundled model it runs on ("" where it names none)."""

    id: str
    title: str
    minutes: int
    model: str
    claim: str
    ready: bool = False
    seed: int = SEED


@cache
def lessons() -> dict[str, Lesson]:
    """Every lesson of the course by id, in order; `ready` says which are built."""
    data = tomllib.loads(Path(__file__).with_name("lessons.toml").read_text(encoding="utf-8"))
    return {entry["id"]: Lesson(**entry) for entry in data["lesson"]}
