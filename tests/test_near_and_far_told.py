"""What is said of full fine-tuning at lower rates follows from the figures: the rate's doing, or not shown to be."""
import pytest

from course_lib import claims
from course_lib.experiments.near_and_far import SLOWER
from course_lib.experiments.near_and_far_told import lower_rates, told_lower_rates

NOISE = (-0.002, 0.0, 0.002)


def figures(near: tuple[float, float], far: tuple[float, float]) -> dict[str, tuple[float, ...]]:
    """(right, old) of the lower rates beside LoRA's .9 and 1.0, with three seeds."""
    of = {"near": near, "far": far}
    means = {run: of[run.split("_")[0]] for run in SLOWER} | {"near_lora": (0.9, 1.0), "far_lora": (0.9, 1.0)}
    return {f"{run}{name}": tuple(value + one * (1 if "lora" in run else -1) for one in NOISE)
            for run, pair in means.items() for name, value in zip(("", "_old"), pair)}


@pytest.mark.parametrize("near, far, said", [
    ((0.91, 0.9), (0.9, 0.8), "So, near and far, it is **the rate**"),
    ((0.91, 0.9), (0.7, 0.8), "So, near, it is **the rate**"),      # far: too few right answers
    ((0.91, 1.1), (0.9, 0.8), "So, far, it is **the rate**"),       # near: forgot more
    ((0.91, 1.0), (0.7, 0.8), "So none of these lower rates is shown"),
])
def test_the_conclusion_follows_from_the_figures(near, far, said):
    told = told_lower_rates(lower_rates(figures(near, far)))
    assert said in told and told.count("\n- ") == len(SLOWER) - 1
    assert f"- near, full fine-tuning at a third of its best rate: {100 * (near[0] - 0.9):+.1f} points" in told


def test_the_record_has_what_is_told():
    assert "full fine-tuning at a third" in told_lower_rates(lower_rates(
        {name: one.values for name, one in claims.recorded("C25").items()}))
