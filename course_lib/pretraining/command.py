"""`course pretrain NAME`: train a base model from nothing, as the shipped ones were."""
import argparse
import os
import signal
from dataclasses import replace
from pathlib import Path

from course_lib.errors import LARGEST_SEED, CourseError, whole_number
from course_lib.models.configs import RECIPES, recipe_for

BOUNDS = {"tokens": (1, 10**10), "seed": (0, LARGEST_SEED), "threads": (1, 1024), "workers": (0, 256),
          "keep_every": (1, 10**10)}


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    p = argparse.ArgumentParser(
        prog="course pretrain", description="Train a base model from nothing on the small world's text. Stop it "
        "with Ctrl-C, or kill it: the same command goes on from the last checkpoint.")
    p.add_argument("name", help=", ".join(RECIPES))
    p.add_argument("--out", type=Path, help="folder of the run (default: .pretrain/NAME)")
    p.add_argument("--tokens", type=int, help="how much text to read in all (default: the recipe's)")
    p.add_argument("--seed", type=int, default=0, help="of the first weights and of the text (default: 0)")
    p.add_argument("--learning-rate", type=float, help="the peak (default: the recipe's)")
    p.add_argument("--compile", action=argparse.BooleanOptionalAction, default=None,
                   help="compile the loss with torch.compile (default: where it works)")
    p.add_argument("--threads", type=int, help="threads for torch (default: as many as there are cores)")
    p.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    p.add_argument("--workers", type=int, help="processes that prepare text (default: 0 on a cpu, else up to 8)")
    p.add_argument("--keep-every", type=int, metavar="TOKENS",
                   help="also keep a copy of the model every so many tokens")
    return p


def main(argv: list[str]) -> int:
    """Run the command; 0 when the model is finished, 130 when the run was stopped and saved.

    Raises CourseError for a model without a recipe, an option out of range and a folder that cannot be used.
    """
    args = parser().parse_args(argv)
    recipe = recipe_for(args.name)
    check_options(args)
    changes = {"tokens": args.tokens, "seed": args.seed, "learning_rate": args.learning_rate}
    recipe = replace(recipe, **{key: value for key, value in changes.items() if value is not None})
    if recipe.early and recipe.early >= recipe.tokens:
        recipe = replace(recipe, early=None)

    import torch

    from course_lib.pretraining.run import Pretraining
    from course_lib.world.corpus import documents
    check_device(args.device)
    torch.set_num_threads(args.threads or os.cpu_count() or 1)
    workers = args.workers if args.workers is not None else (
        0 if args.device == "cpu" else min(8, (os.cpu_count() or 2) - 1))
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if workers == 0 else "false"
    out = args.out or Path(".pretrain") / recipe.name
    run = Pretraining(recipe, documents, out, command_of(args), args.device, args.compile, workers,
                      args.keep_every)

    def stop(signum, frame):
        if run.stop:
            raise KeyboardInterrupt
        run.stop = True
        print("\nstopping after this step …", flush=True)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        finished = run.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if not finished:
        print("saved: the same command goes on from here.")
        return 130
    print(f"finished: {out / 'final'} (load it with load_model(\"{out / 'final'}\"))")
    return 0


def check_options(args: argparse.Namespace) -> None:
    """CourseError for a number that no run can have."""
    for name, (low, high) in BOUNDS.items():
        if getattr(args, name) is not None:
            whole_number("--" + name.replace("_", "-"), getattr(args, name), low, high)
    if args.learning_rate is not None and not 0 < args.learning_rate <= 1:     # nan is neither
        raise CourseError(f"--learning-rate must be above 0 and at most 1; you gave {args.learning_rate}. "
                          "Leave it out for the recipe's.")


def check_device(name: str) -> None:
    """CourseError for a device that cannot compute here."""
    import torch
    try:
        torch.ones(1, device=name).item()       # "meta" has shapes and no numbers
    except Exception as error:                  # torch raises a kind of its own for each reason
        raise CourseError(f"--device {name} cannot be used here ({type(error).__name__}). Allowed are cpu and, on "
                          "a computer with a CUDA device, cuda; leave it out for the processor.") from error


def command_of(args: argparse.Namespace) -> str:
    """The command that makes the same model again, for its card."""
    parts = [f"course pretrain {args.name} --seed {args.seed}"]
    parts += [f"--tokens {args.tokens}"] if args.tokens else []
    parts += [f"--learning-rate {args.learning_rate}"] if args.learning_rate else []
    return " ".join(parts)
