"""What gets past the reading of a cell is seen when it runs, and what ends its process costs one task."""
import pytest

from course_lib.grading import allowed
from course_lib.grading.engine import grade_cells
from course_lib.grading.sandbox import Worker
from tests.grading.test_engine import SHORT, TASKS

HONEST = TASKS["06.1"].reference + "\n"


@pytest.fixture(scope="module")
def worker():
    with Worker() as worker:
        yield worker


@pytest.mark.parametrize("attack", [
    "t = [torch][0]\nt.relu = t.sigmoid", "L = [nn.Linear][0]\nL.forward = lambda self, x: x",
    "[torch.Tensor][0].tolist = lambda self: 1", "import os", "import sys", "import course_lib.methods",
    "[torch][0].sys.setprofile(None)", "[torch][0].sys._getframe(1)", "[torch][0].os.system('true')",
    "[torch][0].os.fork()", "[torch][0].load('/etc/passwd')", "(lambda: 0).__code__",
])
def test_seen_while_it_runs(worker, monkeypatch, attack):
    """With the first look, allowed.py, taken away."""
    monkeypatch.setattr(allowed, "read", lambda source: None)
    mark = grade_cells("student-07", {"06.1": HONEST + attack}, {"06.1": TASKS["06.1"]}, 0, worker=worker,
                       limits=SHORT)[0]
    assert mark.points == 0 and mark.verdict in ("refused", "error"), mark.reason
    if attack != "[torch][0].load('/etc/passwd')":
        assert mark.verdict == "refused", mark.reason


def test_a_patch_that_is_taken_back_is_seen(worker):
    source = ("kept = torch.equal\ntarget = [torch][0]\ndef helper():\n    target.equal = kept\n"
              "def lora_parameters(shapes, rank):\n    target.equal = print\n"
              "    total = sum(map(lambda one: rank * sum(one), shapes))\n    helper()\n    return total")
    mark = grade_cells("student-07", {"06.1": source}, {"06.1": TASKS["06.1"]}, 0, worker=worker, limits=SHORT)[0]
    assert mark.verdict == "right", "nobody else's code ran meanwhile"
    hidden = source.replace("    helper()\n    return total", "    return total").replace(
        "    target.equal = print\n",
        "    target.equal = print\n    nn.Sequential(Own())(torch.ones(1))\n    helper()\n")
    hidden = ("class Own(nn.Module):\n    def forward(self, x):\n        return x\n" + hidden)
    mark = grade_cells("student-07", {"06.1": hidden}, {"06.1": TASKS["06.1"]}, 0, worker=worker, limits=SHORT)[0]
    assert mark.verdict == "refused" and "torch.equal" in mark.reason


CAUGHT = "try: deep()\nexcept RecursionError: "


@pytest.mark.parametrize("source, verdict, reason", [
    ("def lora_parameters(shapes, rank):\n    return lora_parameters(shapes, rank)", "error",
     "lora_parameters stops with RecursionError"),
    ("def deep(): deep()\n" + HONEST.replace("    total = 0", "    try: deep()\n    except RecursionError: total = 0"),
     "error", "lora_parameters stops with RecursionError"),
    ("def deep(): deep()\n" + CAUGHT + "pass\n" + HONEST, "error", "The cell stops with RecursionError"),
    ("def deep(): deep()\n" + CAUGHT + "[torch][0].equal = print\n" + HONEST, "refused",
     "lora_parameters does something that no task allows: it changes torch.equal"),
])
def test_a_recursion_without_an_end_is_called_so_and_hides_nothing(worker, source, verdict, reason):
    """Python stops looking where there is no room for it left."""
    mark = grade_cells("student-07", {"06.1": source}, {"06.1": TASKS["06.1"]}, 0, worker=worker, limits=SHORT)[0]
    assert (mark.points, mark.verdict) == (0, verdict) and mark.reason.startswith(reason), mark.reason
