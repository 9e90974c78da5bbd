"""A fill-in: built into the lesson, passed by "Run all" with the course's own version, and used where it is right."""
import json
from pathlib import Path

import pytest

from course_lib.builder.audit import audit
from course_lib.builder.command import build, main
from course_lib.builder.plan import make_plan
from course_lib.builder.printed import to_do
from course_lib.builder.record import read_record
from course_lib.builder.tasks import read_fill_ins
from course_lib.checks import fill_ins
from course_lib.checks.fill_ins import fill_in
from course_lib.errors import CourseError

FILL_IN = '''\
# %% [markdown] statement
# **Your turn.** Go the share `alpha` of the way.

# %% [markdown] hint
# At `alpha = 0` nothing of `after` is left.

# %% stub
def mix(before, after, alpha):
    """One number between the two."""
    raise NotImplementedError

# %% reference
def mix(before, after, alpha):
    """One number between the two."""
    return (1 - alpha) * before + alpha * after

# %% checks
TASK = "01.mix"
TOLERANCE = 1e-6


def draw(seed):
    return {"before": seed + 1.0, "after": 4.0 - seed, "alpha": [0.25, 0.5, 0.75][seed % 3]}

# %% wrong turned
# You have the two ends the wrong way round.
def mix(before, after, alpha):
    return alpha * before + (1 - alpha) * after
'''
ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {key: task for folder in sorted(ROOT.glob("lessons/[0-9]*")) for key, task in read_fill_ins(folder).items()}
OURS, OFFERED = "# %% [markdown] title", "# %% fill-in 01.mix\n\n# %% [markdown] title"
SOURCE = "course_lib/checks/fill_ins/01.mix.json"


@pytest.fixture
def filled(tiny, change, monkeypatch):
    """The tiny course with a fill-in, built; the check finds its data there."""
    folder = tiny / "lessons" / "01_small" / "fill_ins"
    folder.mkdir()
    (folder / "mix.py").write_text(FILL_IN)
    change("lesson.py", OURS, OFFERED)
    build(tiny)
    monkeypatch.setattr(fill_ins, "DATA", tiny / "course_lib" / "checks" / "fill_ins")
    return tiny


@pytest.fixture
def cell(filled):
    """The source of the cell that the build made of it."""
    cells = json.loads((filled / "notebooks" / "01_small.ipynb").read_text())["cells"]
    return next("".join(one["source"]) for one in cells if one["id"] == "fill-in-mix")


def run(source: str) -> dict:
    space = {"__name__": "__main__"}
    exec(source, space)
    return space


def test_the_build_writes_statement_cell_and_data_and_finds_nothing_to_mend(filled, cell):
    assert cell.startswith('from course_lib.checks.fill_ins import fill_in\n\n\n@fill_in("01.mix")\ndef mix(before')
    assert to_do({"cell_type": "code", "source": cell}) == ["fill_in"]
    assert {"hint", "solution"} <= json.loads((filled / SOURCE).read_text()).keys()
    assert build(filled) == [] and audit(filled, make_plan(filled), read_record(filled)) == []
    assert "01.mix" not in "".join(path.read_text() for path in filled.glob("exercises/*"))


def test_run_all_goes_on_with_the_courses_own_version(cell, capsys):
    assert run(cell)["mix"](0.0, 8.0, 0.25) == 2.0
    said = capsys.readouterr().out
    assert "Your turn" in said and "the course's own mix" in said and 'fill_in("01.mix", show="hint")' in said
    assert "(1 - alpha)" not in said


def test_what_is_right_is_used(cell, capsys):
    mine = run(cell.replace("raise NotImplementedError", "return before + alpha * (after - before)"))["mix"]
    assert mine(0.0, 8.0, 0.25) == 2.0 and mine.__code__.co_names == () and mine.__module__ == "__main__"
    assert "Right on all 3 inputs: from here on the lesson uses your mix." in capsys.readouterr().out


@pytest.mark.parametrize("line, said", [
    ("return alpha * before + (1 - alpha) * after", "You have the two ends the wrong way round."),
    ("return before", "The first difference"),
    ("return befor", "name 'befor' is not defined"),
    ("pass", "is a return missing?"),
])
def test_what_is_wrong_is_explained_and_not_used(cell, capsys, line, said):
    assert run(cell.replace("raise NotImplementedError", line))["mix"](0.0, 8.0, 0.25) == 2.0
    out = capsys.readouterr().out
    assert out.startswith("mix is not right yet.") and said in out
    assert "Until it is right, the lesson uses the course's own mix." in out


def test_a_loop_that_is_interrupted_leaves_the_courses_own_version(cell, monkeypatch, capsys):
    def stopped(data, answer):
        raise KeyboardInterrupt

    monkeypatch.setattr(fill_ins, "examine", stopped)
    assert run(cell)["mix"](0.0, 8.0, 0.25) == 2.0
    assert capsys.readouterr().out.startswith("Stopped.")


def test_another_name_below_it_is_refused(cell):
    with pytest.raises(CourseError, match="must be called mix; yours is 'mixed'"):
        run(cell.replace("def mix(", "def mixed("))


def test_hint_and_solution_are_folded_where_that_can_be(cell, monkeypatch):
    folds = {}
    monkeypatch.setattr(fill_ins, "html_works", lambda: True)
    monkeypatch.setattr(fill_ins, "fold", folds.__setitem__)
    run(cell)
    assert list(folds) == ["A hint", "The solution"]
    assert "nothing of `after`" in folds["A hint"] and "(1 - alpha) * before" in folds["The solution"]
    folds.clear()
    run(cell.replace("raise NotImplementedError", "return before + alpha * (after - before)"))
    assert list(folds) == ["The course's own version"]


def test_as_text_hint_and_solution_are_asked_for(filled, capsys):
    fill_in("01.mix", show="hint")
    fill_in("01.mix", show="solution")
    said = capsys.readouterr().out
    assert said.startswith("At `alpha = 0`") and "return (1 - alpha)" in said


def test_what_shows_something_decorates_nothing(filled, cell):
    with pytest.raises(CourseError, match=r'show="hint"\) prints the hint, and checks nothing: take it off mix\.'):
        run(cell.replace('@fill_in("01.mix")', '@fill_in("01.mix", show="hint")'))


def test_a_cell_that_ends_with_a_hint_shows_it_once(filled):
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    cell = 'from course_lib.checks.fill_ins import fill_in\nfill_in("01.mix", "hint")'
    with capture_output() as seen:
        InteractiveShell.instance().run_cell(cell)
    assert seen.stdout.startswith("At `alpha = 0`") and "Nothing" not in seen.stdout and not seen.outputs


@pytest.mark.parametrize("given, show, said", [("01.mx", "", "01.mix"), (1, "", "named by a text"),
                                               ("01.mix", "hints", "hint")])
def test_what_is_no_fill_in_is_refused(filled, given, show, said):
    with pytest.raises(CourseError, match=said):
        fill_in(given, show=show)


@pytest.mark.parametrize("file, old, new, said", [
    ("fill_ins/mix.py", 'TASK = "01.mix"', 'TASK = "01.1"', "must be '01.mix' here"),
    ("fill_ins/mix.py", "# %% [markdown] hint\n", "# %% [markdown] more\n", "the markdown cell 'more' is no part"),
    ("fill_ins/mix.py", "At `alpha", "At alpha 0.51 `", "a figure typed into text"),
    ("lesson.py", "# %% fill-in 01.mix", "# %% fill-in 01.mixed", "there is no fill-in 01.mixed"),
    ("lesson.py", "# %% fill-in 01.mix\n\n", "", "is used nowhere"),
])
def test_a_slip_of_the_writer_is_named(filled, change, file, old, new, said):
    change(file, old, new)
    try:
        found = audit(filled, make_plan(filled), read_record(filled))
    except CourseError as error:
        found = [str(error)]
    assert any(said in one for one in found), found


@pytest.mark.parametrize("key", ["01.mix", *SHIPPED])
def test_it_takes_its_reference_and_names_each_wrong_solution(key, filled, monkeypatch, capsys):
    if key in SHIPPED:
        monkeypatch.setattr(fill_ins, "DATA", ROOT / "course_lib" / "checks" / "fill_ins")
    task = SHIPPED.get(key) or read_fill_ins(filled / "lessons" / "01_small")[key]
    told = {task.reference: "Right on all", task.stub: "Your turn", **{one.source: one.message for one in task.wrong}}
    for source, said in told.items():
        fill_in(key)(task.function(source))
        assert said in capsys.readouterr().out


def test_its_changes_are_tried_like_a_tasks(filled, monkeypatch, capsys):
    monkeypatch.chdir(filled)
    main(["--mutants", "01.mix"])
    assert "01.mix" in capsys.readouterr().out
