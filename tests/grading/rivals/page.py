"""docs/graders.md out of docs/graders.json: what came of each attack on each grader. No figure in it is typed."""
from course_lib.display import markdown_table
from tests.grading.attacks import ATTACKS

GRADERS = {"nbgrader": "nbgrader", "otter": "otter", "course": "course grade"}
COUNTS = {
    "attacks that got the point without having earned it": lambda row, one: (one["points"] or 0) > row["honest"],
    "left without a score": lambda row, one: one["points"] is None and not one["hangs"],
    "hung until it was killed": lambda row, one: one["hangs"],
    "wrote outside of the class's folder": lambda row, one: one["outside"],
    "made a connection": lambda row, one: one["connected"],
    "right, and got no point": lambda row, one: row["honest"] == 1 and (one["points"] or 0) < 1,
}
BEFORE = """# The same attacks on three graders

Each line is one cell that a student could hand in. It was graded by nbgrader {nbgrader} (`autograde`), by otter-grader
{otter} (`otter run`) and by the function behind `course grade`, on {date} or in the days before it, with Python
{python}: the same task, the same cell, one point, and tests of values from the same `draw`. The cells are in
[tests/grading/attacks.py](../tests/grading/attacks.py); {played} of these {all} attacks have been played so far.
`make graders` plays those that are new or have changed, and writes this page.

The other two were used as their manuals show it, with their defaults, in a box that saves this computer from what
fools them: without a network, with bounds of memory, of processes and of the size of a file. They were not used with
what can be put around them: `otter grade` runs in a container, and nbgrader can. A container holds off what is written
outside, and what hangs the computer. The tests run there, too, in the process that the student's code has in its
hands, so we expect the same points; that was not tried.

"Earned" is what the honest part of the cell is worth. **Bold** is more than that. "No score": the grader stopped with
an error, or was ended itself, and gave none. "Hangs": killed after {seconds} seconds. Both, and a 0 of nbgrader, which
has a time-out of its own, can also come of a busy computer; an unearned point cannot.
"""
AFTER = """
## What to keep in mind

- The cells were known when this course's grader was written, and not when the others were. Some are aimed at this
  course's own code, so that a 0 elsewhere is no merit; many that end in "hidden" are written to get past its reading.
  A list of attacks is what somebody thought of: what could still be done is [told elsewhere](instructors.md).
- A point that was not earned is the worst of it, for nobody sees it. No score, or a hang, is seen, and costs time.

## Where the others are the better choice

- They grade any notebook of any subject (otter also R); `course grade` grades the tasks of this course alone.
- Tests are plain Python that every instructor can write, with points for parts of a task. Here a task gives its point
  or none, and a new one needs a reference, draws and wrong solutions.
- They grade by hand, too, with comments in the notebook, and nbgrader hands out and collects assignments.
- They work on macOS and Windows. `course grade` needs Linux.
- They forbid a student nothing. `course grade` reads the cell first, and refuses a right answer that writes a file,
  starts a thread or imports what no task needs: where it gives 0 for what earned 1, the instructor must look.
"""


def written(kept: dict) -> str:
    """The page."""
    rows = kept["rows"]
    before = BEFORE.format(**kept["versions"], date=kept["date"], seconds=kept["seconds"], all=len(ATTACKS),
                           played=sum(one.name in rows for one in ATTACKS))
    counts = [(what, *(str(sum(counted(row, row[grader]) for row in rows.values())) for grader in GRADERS))
              for what, counted in COUNTS.items()]
    each = [(row["kind"], name, str(row["honest"]), *(said(row[grader], row["honest"]) for grader in GRADERS))
            for name, row in rows.items()]
    return "\n".join([before, markdown_table(counts, (f"of {len(rows)} cells", *GRADERS.values())),
                      "\n## Each attack\n", markdown_table(each, ("kind", "attack", "earned", *GRADERS.values())),
                      AFTER])


def said(one: dict, honest: int) -> str:
    """One place of the table: "**1** of 1, wrote outside"."""
    if one["hangs"]:
        told = "hangs"
    elif one["points"] is None:
        told = "no score"
    else:
        told = f"{one['points']:g}"
        told = f"**{told}**" if one["points"] > honest else told
    return ", ".join([told, *["wrote outside"] * one["outside"], *["connected"] * one["connected"]])
