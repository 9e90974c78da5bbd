"""What grading says of one submission: a mark for each task, and what was seen on the way."""
import json
from dataclasses import asdict, dataclass

OUT_OF = 1.0  # points of every task
VERDICTS = {
    "right": "right on all inputs",
    "wrong": "not right yet",
    "unwritten": "still the stub",
    "missing": "no cell of this task",
    "unreadable": "the notebook cannot be read",
    "refused": "uses what the task does not allow",
    "error": "stops with an error",
    "time": "took too long",
    "memory": "took too much memory",
    "crash": "ended the Python that ran it",
    "set": "set by your instructor",
    "extra": "beside the tasks",
}


@dataclass(frozen=True)
class Mark:
    """The mark of one task. `reason` is one plain sentence, for the student and for grades.csv."""
    task: str                  # 06.1; or "extra": points beside the tasks, out of 0
    name: str                  # the function that the task asks for
    points: float
    out_of: float
    verdict: str               # one of VERDICTS
    reason: str
    mistake: str = ""          # the wrong solution that it behaves like, by name; else empty
    message: str = ""          # what is said to a student who made this mistake
    source: str = ""           # the cell that was graded, as it was handed in: hostile text, always escaped
    seconds: float = 0.0       # that the student's code ran


@dataclass(frozen=True)
class Graded:
    """All marks of one student."""
    student: str               # the folder's name, as it is: hostile text, too
    files: tuple[str, ...]     # the notebooks that were read, relative to the submissions
    digest: str                # of all that decides the marks: what was handed in, the tasks, the seed, this code;
                               # empty where nothing was graded
    seed: int
    weak: bool                 # graded with --unsafe-no-sandbox
    notes: tuple[str, ...]     # what an instructor should know: two cells with one marker, a damaged notebook, …
    marks: tuple[Mark, ...]
    problems: tuple[str, ...] = ()  # what could not be read or graded, whatever the marks; for the instructor

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Graded":
        """What to_json wrote. Raises ValueError, KeyError or TypeError where it is damaged."""
        facts = json.loads(text)
        facts["marks"] = tuple(Mark(**mark) for mark in facts["marks"])
        return cls(**{**facts, **{name: tuple(facts[name]) for name in ("files", "notes", "problems")}})
