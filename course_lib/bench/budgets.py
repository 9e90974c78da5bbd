"""The course's time budgets, measured: lessons, import, pretraining."""
import statistics
import subprocess
import sys
import time
from pathlib import Path

LESSON_SECONDS, CELL_SECONDS = 45, 15
IMPORT_SECONDS = 0.3


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
        client = NotebookClient(notebook, timeout=300, kernel_name="python3",
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


def imports(repeats: int = 7) -> bool:
    """`import course_lib` beyond a bare interpreter, median of interleaved runs, and whether torch came along."""
    bare, ours = [], []
    for _ in range(repeats):
        for code, times in (("pass", bare), ("import course_lib", ours)):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times.append(time.perf_counter() - start)
    loaded = subprocess.run([sys.executable, "-c", "import course_lib, sys; print('torch' in sys.modules)"],
                            check=True, capture_output=True, text=True).stdout.strip()
    extra = statistics.median(ours) - statistics.median(bare)
    kept = say("import course_lib, beyond a bare interpreter", f"{extra:.3f} s", f"{IMPORT_SECONDS} s",
               extra <= IMPORT_SECONDS)
    return say("torch loaded by it", loaded, "False", loaded == "False") and kept


def pretrain(steps: int = 6) -> None:
    """Tokens a second of each recipe, and the share of this machine's measured matrix-product peak."""
    import torch

    from course_lib.models.configs import RECIPES, build_model
    from course_lib.models.optimise import make_optimizer, train_steps
    from course_lib.models.packing import Batches
    from course_lib.models.tokenizer import tokenizer_for
    from course_lib.world.corpus import documents

    a, b = torch.randn(1536, 1536), torch.randn(1536, 1536)
    times = []
    for _ in range(12):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    peak = 2 * 1536**3 / statistics.median(times)
    print(f"matrix-product peak: {peak / 1e9:.0f} GFLOP/s on {torch.get_num_threads()} threads; "
          "eager, without compiling")
    for name, recipe in RECIPES.items():
        tokenizer = tokenizer_for(recipe.kind, documents("train", 0))
        model = build_model(recipe, tokenizer)
        batches = Batches(documents, tokenizer, "train", 0, recipe.rows, recipe.length, steps)
        marks = [time.perf_counter()]
        for _ in train_steps(model, recipe, batches, make_optimizer(model, recipe)):
            marks.append(time.perf_counter())
        seconds = statistics.median(after - before for before, after in zip(marks[1:], marks[2:]))
        rate, parameters = recipe.tokens_per_step / seconds, sum(p.numel() for p in model.parameters())
        print(f"{name:16} {rate:8.0f} tokens a second, {100 * 6 * parameters * rate / peak:3.0f} % of the peak "
              "(6 FLOPs a parameter and token)")

