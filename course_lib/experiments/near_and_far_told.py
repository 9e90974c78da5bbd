"""What a lesson says of full fine-tuning at lower rates than its best one, beside LoRA, whatever the record holds."""
from collections.abc import Mapping, Sequence

from course_lib.experiments.near_and_far import SLOWER, in_words
from course_lib.intervals import students_t

AS_RIGHT = 0.05        # a share of right answers that is less than so much behind counts as equal


def lower_rates(figures: Mapping[str, Sequence[float]]) -> dict[str, tuple[tuple[float, float, float], ...]]:
    """{a run of SLOWER: (mean, low, high) of its right answers less LoRA's, and of its loss on old text less LoRA's}.

    `figures` are those of claim C25, by name: a value of each seed.
    """
    less = lambda one, other: students_t([a - b for a, b in zip(figures[one], figures[other], strict=True)])
    lora = {run: f"{run.split('_')[0]}_lora" for run in SLOWER}
    return {run: (less(run, lora[run]), less(f"{run}_old", f"{lora[run]}_old")) for run in SLOWER}


def told_lower_rates(found: Mapping[str, tuple]) -> str:
    """A line for each of `lower_rates`, and which of them are as right as LoRA and forget no more."""
    lines = [f"- {run.split('_')[0]}, {in_words(run)}: {100 * right:+.1f} points ({100 * least:+.1f} to "
             f"{100 * most:+.1f}), {old:+.2f} nats ({low:+.2f} to {high:+.2f})"
             for run, ((right, least, most), (old, low, high)) in found.items()]
    return "\n".join([*lines, "", conclusion(found)])


def conclusion(found: Mapping[str, tuple]) -> str:
    """Where it is the rate that decides what is forgotten: there full fine-tuning, slower, is about as right."""
    where = list(dict.fromkeys(run.split("_")[0] for run, ((_, least, _), (_, _, high)) in found.items()
                               if least > -AS_RIGHT and high < 0))
    if not where:
        return "So none of these lower rates is shown to have as many right answers as LoRA and to forget less."
    return (f"So, {' and '.join(where)}, it is **the rate** that decides what is forgotten: at a lower one full "
            f"fine-tuning has at most {100 * AS_RIGHT:.0f} points fewer right answers than LoRA, and forgets less.")
