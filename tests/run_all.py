"""Every check, one group after the other, and one line at the end: `make test`.

    python tests/run_all.py              the groups of `make test`
    python tests/run_all.py all          those, each cell of a notebook twice in a row, every change of a
                                         solution, every numeric test under each setting, all on Colab's versions
    python tests/run_all.py code         one group, or several: code notebooks browser colab

Needs nothing but the standard library; the groups run in .venv and in .venv-colab. No group may change the
repository. With COURSE_REQUIRE_BROWSER=1 nothing may be missing: a skipped test is a failure.

The numeric groups are called by the instruction set and the number of threads: another computer, as far as this one
can play it. In each a test fails that uses more than a fifth of its tolerance (closeness.py).
"""
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None

ROOT = Path(__file__).resolve().parents[1]
TWO = ["-n", "2", "--dist", "loadfile"]  # one file, and so one kernel, stays in one process
NOTEBOOKS = ["-p", "tests.notebook_plugin", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=600", *TWO]
# What may come out otherwise with the versions that Colab has, by whose doing. What the course computes with torch
# (the same there), its files, seeds, texts and the refusals of its own cannot; `make test-all` runs them there, too.
COLAB = {
    "transformers": (
        "methods/test_contract.py", "methods/test_contract_positions.py", "methods/test_interchange.py",
        "methods/test_parity_loreft.py", "methods/test_parity_sublayers.py", "methods/test_steering.py",
        "methods/test_contract_kept.py::test_merged_it_says_what_it_says_attached_and_unmerged_it_leaves_no_trace",
        "methods/test_contract_kept.py::test_lora_on_an_output_layer_is_merged_where_it_is_nobody_elses",
        "methods/test_contract_kept.py::test_tied_embeddings_are_one_parameter_under_both_names",
        "models/test_abilities.py::test_one_example_gives_pome", "models/test_architectures.py",
        "models/test_loading.py", "models/test_loading_refuses.py", "models/test_minilm.py", "models/test_promised.py",
        "models/test_tokenizer.py", "training/test_batches.py", "training/test_cost.py", "training/test_evaluate.py",
        "training/test_fit.py", "training/test_reuse.py", "training/test_sources.py", "distillation/test_distil.py",
        "distillation/test_padded.py", "distillation/test_pruning.py", "distillation/test_teacher.py",
        "explore/test_prompt_lab.py", "explore/test_edit_labs.py", "offline/test_predict.py", "offline/test_keys.py",
        "test_evaluation.py", "test_prompting.py",
        "test_prompting_search.py"),
    "peft, accelerate": ("methods/test_parity_ia3.py", "methods/test_parity_peft.py", "methods/test_parity_trainer.py"),
    "datasets": ("training/test_classes.py", "world/test_tasks.py", "world/test_tasks_from_outside.py",
                 "world/test_tasks_from_the_hub.py", "test_shifts.py", "offline/test_tables.py"),
    "ipywidgets, ipython, ipykernel": (
        "quiz/test_quiz_late.py", "quiz/test_quiz_still.py", "quiz/test_quiz_view.py", "checks/test_check.py",
        "explore/test_bad_states.py", "explore/test_lens_and_browser.py",
        *(f"test_quiz_checker.py::test_{name}" for name in (
            "a_seeded_fault_is_caught", "one_verdict_for_every_answer_is_caught_in_every_question",
            "an_empty_answer_that_is_praised_is_caught_in_every_question")),
        *(f"explore/test_every_explorable.py::test_{name}" for name in (
            "every_control_paints_and_counts_from_one", "every_still_form_is_the_picture_with_what_the_controls_say",
            "controls_are_few_named_and_patient_and_a_slider_shows_what_it_stands_for"))),
    "matplotlib": ("test_plots.py", "training/test_live.py"),
    "numpy": ("checks/test_check_odd_values.py", "checks/test_outcomes.py", "methods/test_method_accepts.py",
              "models/test_packing.py", "test_errors.py"),
}
COLAB_ALL = ("methods", "offline", "training", "distillation", "models", "quiz", "explore", "checks/test_check.py",
             "checks/test_check_odd_values.py", "checks/test_outcomes.py", "progress", "world/test_tasks.py",
             "world/test_tasks_from_outside.py", "world/test_tasks_from_the_hub.py", "test_errors.py",
             "test_evaluation.py", "test_plots.py", "test_prompting.py", "test_prompting_measures.py",
             "test_prompting_refuses.py", "test_prompting_search.py", "test_quiz_checker.py", "test_shifts.py",
             "test_weak_supervision.py")


# What is computed must be the same under each of these, but for the last digits:
SETTINGS = {"native": {},
            "sse41": {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"},
            "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
            "mkl": {"MKL_CBWR": "COMPATIBLE"}}
CHECK = "builder/test_build_repository.py"  # `course build --check`
NUMERIC = ("bench/test_baselines.py", CHECK, "checks/test_tasks.py", "distillation", "explore/test_edit_labs.py",
           "explore/test_rank_lab.py", "explore/test_temperature.py", "methods", "models/test_optimise.py",
           "test_evaluation.py", "test_prompting.py", "test_prompting_search.py", "test_weak_supervision.py",
           "training")
# A few of them, for `make test`: each kind once, and those in which other computers differed first.
SAMPLE = (CHECK, "distillation/test_losses.py", "methods/test_interchange.py", "methods/test_parity_loreft.py",
          "methods/test_steering.py", "training/test_batches.py")
SAMPLED = ("sse41-2",)  # the poorest; in the group `code`, everything runs native with one thread
BUDGET = 45  # CPU-minutes for `make test`


def settings() -> dict[str, dict[str, str]]:
    """avx2-2 -> the variables for this instruction set and so many threads."""
    return {f"{name}-{threads}": {**variables, "OMP_NUM_THREADS": str(threads)}
            for name, variables in SETTINGS.items() for threads in (1, 2)}


def variables_of(group: str) -> dict[str, str]:
    """What the environment of a group adds: one thread, as two processes run on two cores, or its setting."""
    setting = settings().get(group.partition("-")[2])
    return {"OMP_NUM_THREADS": "1", **({} if setting is None else {**setting, "COURSE_TOLERANCE_LIMIT": "0.2"}),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1"}  # or every kernel prints a warning of its debugger's


def groups() -> dict[str, tuple[str, list[str]]]:
    """Name -> (the environment, pytest's arguments)."""
    alone = lambda setting: TWO if setting.endswith("-1") else []  # two threads use both cores
    files = lambda names: [f"tests/{name}" for name in names]
    lessons = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("notebooks/*.ipynb"))
    return {
        "code": (".venv", ["tests", "-m", "not browser and not slow", *TWO]),
        "notebooks": (".venv", [*NOTEBOOKS, "notebooks", "solutions"]),
        "browser": (".venv", ["tests/browser"]),
        "colab": (".venv-colab", ["--disable-warnings", *files(sum(COLAB.values(), ())), *TWO]),
        "colab-lesson": (".venv-colab", [*NOTEBOOKS, *[path for path in lessons if "/01_" in path]]),
        "notebooks-twice": (".venv", [*NOTEBOOKS, "--twice", "notebooks", "solutions"]),
        "colab-all": (".venv-colab", ["--disable-warnings", *files(COLAB_ALL), *TWO]),
        "mutants": (".venv", ["tests", "-m", "slow", *TWO]),
        **{f"sample-{one}": (".venv", files(SAMPLE)) for one in SAMPLED},  # so few that a second torch costs more
        **{f"numeric-{one}": (".venv", [*files(NUMERIC), *alone(one)]) for one in settings()},
    }


def in_make_test() -> list[str]:
    """The groups that `make test` runs."""
    only_in_all = ("colab-all", "mutants", "notebooks-twice")
    return [name for name in groups() if name not in only_in_all and not name.startswith("numeric-")]


def count(report: Path) -> dict[str, int]:
    """passed, failed and skipped from pytest's JUnit file; a run that left none has failed once."""
    if not report.exists():
        return {"passed": 0, "failed": 1, "skipped": 0}
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    total, failed, errors, skipped = (
        sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    return {"passed": total - failed - errors - skipped, "failed": failed + errors, "skipped": skipped}


def run(name: str, environment: str, arguments: list[str], scratch: Path) -> dict[str, int]:
    print(f"\n=== {name} ({environment}) ===", flush=True)
    report = scratch / f"{name}.xml"
    python = ROOT / environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    command = [str(python), "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
    environment = {**os.environ, **variables_of(name)}
    code = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, env=environment).returncode
    counts = count(report)
    if code and not counts["failed"]:  # no test found, or a check at the end of the session
        counts["failed"] = 1
    return counts


def cpu_seconds() -> float | None:
    """What the processes that this one started, and theirs, have used until they ended; None on Windows."""
    if resource is None:
        return None
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def used(before: float | None) -> str:
    """CPU-minutes since then."""
    if before is None:
        return "CPU time is not measured on Windows"
    return f"{(cpu_seconds() - before) / 60:.1f} CPU-minutes"


def status() -> str:
    """What git says of the repository; nothing where this is no clone."""
    if not (ROOT / ".git").exists():
        return ""
    return subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def main(wanted: list[str]) -> int:
    known = groups()
    wanted = in_make_test() if not wanted else list(known) if wanted == ["all"] else wanted
    if unknown := [name for name in wanted if name not in known]:
        print(f"There is no group {unknown[0]!r}. Known: all, {', '.join(known)}.", file=sys.stderr)
        return 2
    total = {"passed": 0, "failed": 0, "skipped": 0}
    rows, before, cpu = [], status(), cpu_seconds()
    with tempfile.TemporaryDirectory(prefix="course-tests-") as scratch:
        for name in wanted:
            start, own = time.perf_counter(), cpu_seconds()
            counts = run(name, *known[name], Path(scratch))
            rows.append(f"  {name:<16} {sentence(counts)}, {time.perf_counter() - start:.0f} s, {used(own)}")
            total = {key: total[key] + counts[key] for key in total}
    print("\n" + "\n".join(rows))
    budget = f"; the budget is {BUDGET}" if wanted == in_make_test() else ""
    print(f"{sentence(total)}, {used(cpu)}{budget}")
    problems = [f"{total['failed']} failed"] if total["failed"] else []
    if total["skipped"] and os.environ.get("COURSE_REQUIRE_BROWSER") == "1":
        problems.append(f"{total['skipped']} were skipped, and COURSE_REQUIRE_BROWSER=1 wants every one")
    if (after := status()) != before:
        changed = sorted(set(after.splitlines()) ^ set(before.splitlines()))
        problems.append("the repository is no longer what it was before:\n  " + "\n  ".join(changed))
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


def sentence(counts: dict[str, int]) -> str:
    return f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
