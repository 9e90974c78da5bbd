"""A few lines that a student writes in the middle of a lesson, checked on the spot.

    @fill_in("09.mix")
    def mix(before, after, alpha):
        raise NotImplementedError

After the cell has run, `mix` is the student's function if it is right. Until then it is the course's own, so that "Run
all" goes through, and the cell says which. A hint and the course's own version lie folded below.
"""
from collections.abc import Callable
from importlib import resources

from course_lib.checks import examine
from course_lib.checks.store import load
from course_lib.display import fold, html_works, say
from course_lib.errors import CourseError, unknown

DATA = resources.files("course_lib.checks") / "fill_ins"


def fill_in(fill_in_id: str, show: str = "") -> Callable:
    """A decorator: the function below it where it is right, else the course's own; it says which, and what is wrong.

    Args:
        fill_in_id: the fill-in, such as "09.mix".
        show: "hint" or "solution" prints that, and decorates nothing: for where nothing can be folded.

    Raises:
        CourseError: if there is no such fill-in, or nothing of that name to show; if it stands above a function and
            shows something.
    """
    data = load(DATA, fill_in_id, "fill-in", 'fill_in("09.mix")')
    if show:
        if show not in ("hint", "solution"):
            raise unknown("part of a fill-in", show, ("hint", "solution"))
        print(data[show])
        return Nothing(fill_in_id, show)

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


class Nothing:
    """What `show=` leaves: no decorator, and nothing that a cell which ends with it would show."""

    def __init__(self, fill_in_id: str, show: str):
        self.fill_in_id, self.show = fill_in_id, show

    def __call__(self, answer: Callable) -> None:
        name = getattr(answer, "__name__", "a function")
        raise CourseError(f'fill_in("{self.fill_in_id}", show="{self.show}") prints the {self.show}, and checks '
                          f'nothing: take it off {name}. Above a function stands @fill_in("{self.fill_in_id}").')

    def _ipython_display_(self) -> None:
        """Nothing."""


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
