"""A few lines that a student writes in the middle of a lesson, checked on the spot.

    @fill_in("09.mix")
    def mix(before, after, alpha):
        raise NotImplementedError

After the cell has run, `mix` is the student's function if it is right. Until then it is the course's own, so that "Run
all" goes through, and the cell says which. A hint and the course's own version lie folded below.
"""
import json
from collections.abc import Callable
from importlib import resources

from course_lib.checks import examine
from course_lib.display import fold, html_works, say
from course_lib.errors import CourseError, shown, unknown

DATA = resources.files("course_lib.checks") / "fill_ins"


def fill_in(fill_in_id: str, show: str = "") -> Callable | None:
    """A decorator: the function below it where it is right, else the course's own; it says which, and what is wrong.

    Args:
        fill_in_id: the fill-in, such as "09.mix".
        show: "hint" or "solution" prints that, and decorates nothing: for where nothing can be folded.

    Raises:
        CourseError: if there is no such fill-in, or nothing of that name to show.
    """
    data = load_fill_in(fill_in_id)
    if show:
        if show not in ("hint", "solution"):
            raise unknown("part of a fill-in", show, ("hint", "solution"))
        return print(data[show])

    def decide(answer: Callable) -> Callable:
        name = getattr(answer, "__name__", "")
        if name != data["name"]:
            raise CourseError(f"The function right below @fill_in must be called {data['name']}; yours is {name!r}. "
                              "Give it that name again, and put helpers above @fill_in.")
        try:
            failure = examine(data, answer)
        except KeyboardInterrupt:
            print(f"Stopped. Until it is right, the lesson uses the course's own {name}.")
            return own_version(data)
        print(verdict(data, failure))
        offer(data, right=failure is None)
        return answer if failure is None else own_version(data)

    return decide


def load_fill_in(fill_in_id: str) -> dict:
    """The data of one fill-in: those of a task's check, and its hint and solution."""
    if not isinstance(fill_in_id, str):
        raise CourseError(f'A fill-in is named by a text, as in fill_in("09.mix"); you gave {shown(fill_in_id)}.')
    files = DATA.iterdir() if DATA.is_dir() else ()
    known = sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))
    if fill_in_id not in known:
        raise unknown("fill-in", fill_in_id, known)
    return json.loads((DATA / f"{fill_in_id}.json").read_text(encoding="utf-8"))


def own_version(data: dict) -> Callable:
    """The course's own function."""
    space = {"__name__": "__fill_in__"}
    exec(compile(data["solution"], f"<the course's own {data['name']}>", "exec"), space)
    return space[data["name"]]


def verdict(data: dict, failure) -> str:
    """What the student reads first."""
    name = data["name"]
    if failure is None:
        return f"Right on all {len(data['inputs'])} inputs: from here on the lesson uses your {name}."
    if not failure.tried:
        return ("Your turn: put your lines in place of 'raise NotImplementedError', and run this cell again. "
                f"Until then the lesson uses the course's own {name}.")
    said = str(failure).removeprefix(f"Task {data['task']}: ")
    return f"{said}\n\nUntil it is right, the lesson uses the course's own {name}."


def offer(data: dict, right: bool) -> None:
    """Hint and solution, folded away; where nothing can be folded, how to see them."""
    if not html_works():
        asked = f'fill_in("{data["task"]}", show='
        say(f'The course\'s own: {asked}"solution")' if right else f'{asked}"hint") gives a hint.')
        return
    if not right:
        fold("A hint", data["hint"])
    fold("The course's own version" if right else "The solution", f"```python\n{data['solution'].rstrip()}\n```")
