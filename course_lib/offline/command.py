"""`course predict`: a model's answers to the prompts in a file, as a file with a column more."""
import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

from tqdm import tqdm

from course_lib.display import counted
from course_lib.errors import CourseError, whole_number
from course_lib.files import user_path
from course_lib.offline.planning import BATCH, MOST, UNTIL
from course_lib.offline.tables.opening import kind_of, part_beside, sha256, source_of, target_at
from course_lib.offline.tables.row import Source
from course_lib.workers import Processes

MORE = """
Rows stay in their order, and keep all that they hold. Answers are kept in the cache as soon as they are there: run the
same again after it was stopped, and it goes on there. A row that cannot be answered is named with its line, its answer
is empty, and the command ends with 1. An answer is kept under all that it depends on: the weights, the method, the
tokenizer, the prompt, these settings, the code. Not so the batch size, the workers, and the computer: they change the
last digits of what is computed, and with them an answer where two tokens are as good as equally probable."""


def main(argv: list[str]) -> int:
    """Runs the command: 0 where every row has its answer, 1 where some rows were broken."""
    parser = argparse.ArgumentParser(prog="course predict", description=__doc__, epilog=MORE)
    parser.add_argument("input", metavar="INPUT", help="a .csv, .jsonl or .parquet file, UTF-8")
    parser.add_argument("--model", metavar="NAME", required=True, help="a bundled model or a folder")
    parser.add_argument("--method", metavar="FILE", help="a method that `method.save` wrote, such as LoRA")
    parser.add_argument("--out", metavar="OUT", required=True, help="a .csv, .jsonl or .parquet file")
    parser.add_argument("--column", metavar="NAME", default="prompt", help="the column with the prompts; else prompt")
    parser.add_argument("--answer", metavar="NAME", default="answer", help="the new column; else answer")
    parser.add_argument("--batch-size", metavar="N", type=int, default=BATCH,
                        help=f"prompts read at once; else {BATCH}")
    parser.add_argument("--max-new-tokens", metavar="N", type=int, default=MOST,
                        help=f"of an answer at most; else {MOST}")
    parser.add_argument("--until", choices=UNTIL, default=UNTIL[0],
                        help=f"where an answer ends: at its first newline, or at the text's end; else {UNTIL[0]}")
    parser.add_argument("--cache", metavar="FILE", help="keeps the answers; else OUT.cache")
    workers = parser.add_mutually_exclusive_group()
    workers.add_argument("--jobs", metavar="N", type=int, default=1, help="processes of this computer; else this one")
    workers.add_argument("--dask", metavar="ADDRESS", help="of a dask scheduler: its workers compute")
    options = parser.parse_args(argv)
    whole_number("--jobs", options.jobs, 1)
    given, out = user_path(options.input), user_path(options.out)
    suffix = kind_of(out)
    cache = user_path(options.cache) if options.cache else out.with_name(f"{out.name}.cache")
    with said(out):
        out = Path(os.path.realpath(out)) if out.is_symlink() else out    # where it points to is written, and it stays
        check_places(given, out, cache)
        source = source_of(given, options.column, options.answer)
        return run(source, out, suffix, cache, options)


def check_places(given: Path, out: Path, cache: Path) -> None:
    """CourseError where two of the files are one, or OUT cannot be made."""
    same = lambda one, other: one.resolve() == other.resolve() or (
        one.exists() and other.exists() and os.path.samefile(one, other))
    if same(given, out) or same(given, cache) or same(out, cache):
        raise CourseError(f"The input {given}, the output {out} and the cache {cache} are three files. Name another "
                          "one with --out or --cache.")
    if not out.parent.is_dir():
        raise CourseError(f"There is no folder {out.parent} for {out.name}. Make it first, or name another one.")
    if out.exists() and not out.stat().st_mode & 0o222:
        raise CourseError(f"{out} may not be written by anybody. Name another file for --out, or make it writable.")
    if out.exists() and not out.is_file():
        raise CourseError(f"{out} is no file, so none can be written there. Name another one for --out.")
    if out.exists() and not cache.exists():
        raise not_ours(out)


@contextmanager
def said(out: Path) -> Iterator[None]:
    """What the computer refuses while OUT is written is a CourseError; the answers are in the cache."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CourseError(f"{out} cannot be written: {error.strerror or error}. Name a file in a folder that you can "
                          "write to, on a disk with room. Answers that were computed are in the cache: run the same "
                          "again, and it goes on there.") from None


def run(source: Source, out: Path, suffix: str, cache: Path, options: argparse.Namespace) -> int:
    """Answers all rows and writes OUT; whatever happens, OUT is as it was before or whole."""
    from course_lib.offline.cache import Cache

    with Cache(cache) as kept, part_beside(out) as part:
        check_ours(out, kept)
        target = target_at(part, suffix, source, options.answer)
        try:
            predictor, workers = asked_for(options, kept)
            start = time.perf_counter()
            with workers as found:
                broken = answer_all(source, predictor, target, found)
        finally:
            target.close()
        seconds = time.perf_counter() - start
        put_in_place(part, out, kept)
    print(f"{out}: {source.count:,} rows in {seconds:.1f} s, {source.count / seconds:,.0f} a second. Computed: "
          f"{counted(predictor.computed, 'prompts')}; the other answers were in the cache, or are another row's. "
          f"Without an answer: {counted(broken, 'rows')}.")
    return 1 if broken else 0


def asked_for(options: argparse.Namespace, kept):
    """(the Predictor, a context that gives its workers; None where this process does it all)."""
    from course_lib.models import bundled_models
    from course_lib.offline.partitioned import Asked, facts, write_there

    model = options.model
    if model not in bundled_models() and os.path.isdir(folder := os.path.expanduser(model)):
        model = os.path.abspath(folder)                       # a worker elsewhere has another folder to begin with
    method = options.method and str(user_path(options.method).absolute())
    asked = Asked(model, method, options.batch_size, options.max_new_tokens, options.until)
    predictor = asked.predictor(kept)
    do = partial(write_there, asked=asked, parts=tuple(predictor.parts.items()))
    if options.dask is not None:
        from course_lib.cluster import Cluster
        return predictor, Cluster(do, options.dask, facts, "predicting", "by running the same again")
    return predictor, nullcontext() if options.jobs == 1 else Processes(do, options.jobs)


def check_ours(out: Path, kept) -> None:
    """CourseError where OUT is there and is not, byte by byte, what was written with this cache."""
    if out.exists() and not kept.is_ours(out.resolve(), sha256(out)):
        raise not_ours(out)


def not_ours(out: Path) -> CourseError:
    """The error for an OUT that somebody may want to keep."""
    return CourseError(f"{out} is there already, and it is not what this command wrote with this cache, or was changed "
                       "since. Nothing is written over it: move it away, or name another file for --out.")


def answer_all(source: Source, predictor, target, workers=None) -> int:
    """Answers the rows part by part, and writes each part when it is whole; returns how many rows are broken."""
    from course_lib.offline.windows import Broken

    broken = written = 0
    with tqdm(total=source.count, desc="predict", unit="row", disable=None, file=sys.stderr) as bar:
        prompt_of = lambda row: Broken(row.problem) if row.problem else row.prompt
        for rows, answers in predictor.answered(source.rows(), prompt_of, bar.update, workers):
            for row, answer in zip(rows, answers):
                if isinstance(answer, Broken):
                    broken += 1
                    bar.write(f"{source.path.name}, {row.place}: {answer.reason}.", file=sys.stderr)
            target.write(rows, ["" if isinstance(answer, Broken) else answer for answer in answers])
            written += len(rows)
    if written != source.count:
        raise CourseError(f"{source.path} was changed while it was read: it had {source.count} rows, and then "
                          f"{written}. Run the same again; what was computed is kept.")
    return broken


def put_in_place(part: Path, out: Path, kept) -> None:
    """The part becomes OUT, at once and whole; the cache knows it by its content."""
    with part.open("r+b") as file:
        os.fsync(file.fileno())
    kept.wrote(out.resolve(), sha256(part))                   # before: killed in between, OUT is still told as ours
    os.replace(part, out)
