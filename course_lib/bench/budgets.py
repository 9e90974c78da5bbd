"""The course's time budgets, measured: lessons and import."""
import statistics
import subprocess
import sys
import time
from pathlib import Path

from course_lib import claims

LESSON_SECONDS, CELL_SECONDS = 45, 15
IMPORT_SECONDS = 0.3
TOLD = {"C27": "forgetting at one loss on the task", "C89": "from the base to the tuned model (WiSE-FT), and its rival",
        "C86": "how far below the exact frontier each way is, and what it has there, at three KL budgets"}


def say(measure: str, value: str, budget: str, holds: bool) -> bool:
    """Prints one line, and gives back whether the budget holds."""
    print(f"{measure:52} {value:>22}   budget {budget:10} {'yes' if holds else 'NO'}", flush=True)
    return holds


def lessons(root: Path) -> bool:
    """Each lesson from a fresh kernel to its last cell: seconds in all, and its slowest cell."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbformat import read

    kept = True
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        notebook, seconds = read(path, as_version=4), {}
        client = NotebookClient(notebook, timeout=None, kernel_name="python3",
                                resources={"metadata": {"path": str(path.parent)}})
        start = time.perf_counter()
        try:
            with client.setup_kernel():
                for index, cell in enumerate(notebook.cells):
                    began = time.perf_counter()
                    client.execute_cell(cell, index)
                    seconds[cell.get("id", str(index))] = time.perf_counter() - began
        except CellExecutionError as error:
            kept = say(f"lesson {path.stem}", "fails", f"{LESSON_SECONDS} s", False)
            print(error)
            continue
        total, slowest = time.perf_counter() - start, max(seconds, key=seconds.get)
        kept &= say(f"lesson {path.stem}", f"{total:.1f} s", f"{LESSON_SECONDS} s", total <= LESSON_SECONDS)
        kept &= say(f"  slowest cell: {slowest}", f"{seconds[slowest]:.1f} s", f"{CELL_SECONDS} s",
                    seconds[slowest] <= CELL_SECONDS)
    return kept


def told() -> None:
    """What the records say of the comparisons of lessons 09 and 10: mean and spread over seeds."""
    for claim_id, what in TOLD.items():
        figures = claims.recorded(claim_id)
        seeds = max(len(figure.values) for figure in figures.values())
        print(f"{what}, recorded ({claim_id}), seeds: {seeds}")
        for name, figure in figures.items():
            print(f"  {name:20} {figure.mean:8.3f} ± {figure.spread:.3f}")


def imports(repeats: int = 7) -> bool:
    """`import course_lib` beyond a bare interpreter, median of interleaved runs, and whether torch came along."""
    bare, ours = [], []
    for _ in range(repeats):
        for code, times in (("pass", bare), ("import course_lib", ours)):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times.append(time.perf_counter() - start)
    loaded = subprocess.run([sys.executable, "-c", "import course_lib, sys; print('torch' in sys.modules)"],
                            check=True, capture_output=True, text=True,
                            encoding="utf-8").stdout.strip()
    extra = statistics.median(ours) - statistics.median(bare)
    kept = say("import course_lib, beyond a bare interpreter", f"{extra:.3f} s", f"{IMPORT_SECONDS} s",
               extra <= IMPORT_SECONDS)
    return say("torch loaded by it", loaded, "False", loaded == "False") and kept
