"""The lessons of the course, as lessons.toml lists them."""
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SEED = 0


@dataclass(frozen=True)
class Lesson:
    """One entry of lessons.toml. `model` is the bundled model it runs on ("" where it names none).

    `minutes` are what the build computed from the lesson's length (lengths.json); 0 for a lesson that is not built.
    """

    id: str
    title: str
    model: str
    claim: str
    ready: bool = False
    minutes: int = 0
    seed: int = SEED


@cache
def lessons() -> dict[str, Lesson]:
    """Every lesson of the course by id, in order; `ready` says which are built."""
    here = Path(__file__)
    data = tomllib.loads(here.with_name("lessons.toml").read_text(encoding="utf-8"))
    counted = json.loads(here.with_name("lengths.json").read_text(encoding="utf-8"))
    return {entry["id"]: Lesson(**entry, minutes=counted.get(entry["id"], {}).get("minutes", 0))
            for entry in data["lesson"]}
