"""The rank lab: cut what full fine-tuning changed to a low rank, and see what is kept and what it weighs."""
from dataclasses import dataclass
from functools import cache

import torch
from matplotlib.figure import Figure

from course_lib.architecture import matrix_label
from course_lib.display import percent, size
from course_lib.explore.controls import Menu, Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded.ranks import MODELS, RANKS, SHIPPED, TEST, update
from course_lib.plots.style import COLOURS, GREY, fixed_axes, name_above, styled

BYTES = 4  # of a number in float32
WHERE = dict(zip(MODELS, ("near to", "far from")))
CONTROLS = {"model": Menu("Change of", tuple(MODELS), lambda name: f"{name} ({WHERE[name]} pretraining)",
                          noun="recorded change of a model"),
            "rank": Steps("Rank", RANKS),
            "matrix": Menu("Matrix drawn", lambda state: update(state.model).names, matrix_label,
                           noun="matrix in the blocks")}


@dataclass(frozen=True)
class State:
    """What the controls say: whose change, the rank it is cut to, and the matrix whose directions are drawn."""

    model: str = "orchard-s"
    rank: int = 4
    matrix: str = SHIPPED


@dataclass(frozen=True)
class Result:
    """`singular` are the matrix's singular values, `kept` is the share of its squared size that the rank keeps.

    All else is about every matrix of the blocks, cut alike: numbers and bytes of the two thin matrices and of the
    whole change; the recorded accuracy on test reviews by rank, `control` with random directions.
    """

    state: State
    singular: tuple[float, ...]
    kept: float
    kept_at_random: float
    bytes: int
    full_bytes: int
    accuracy: dict[int, float]
    control: dict[int, float]
    full: float


@cache
def random_shares(shape: tuple[int, int]) -> tuple[float, ...]:
    """The control: the share of the squared size that the strongest 0, 1, 2, … directions of a random matrix hold."""
    squares = torch.linalg.svdvals(torch.randn(shape, generator=torch.Generator().manual_seed(0))).square()
    return 0.0, *(squares.cumsum(0) / squares.sum()).tolist()


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    found = update(state.model)
    place = found.names.index(state.matrix)
    singular, shape = found.singular[place], found.shapes[place]
    squares = singular.square()                                                              # (S,)
    rank = min(state.rank, len(squares))
    return Result(state, tuple(singular.tolist()), (squares[:rank].sum() / squares.sum()).item(),
                  random_shares(shape)[rank], BYTES * sum(state.rank * (d + k) for d, k in found.shapes),
                  BYTES * sum(d * k for d, k in found.shapes), found.accuracy, found.control, found.full)


def summary(result: Result) -> str:
    """What this rank keeps, what it weighs, and what it is right on."""
    state = result.state
    thin = ("The two thin matrices weigh nothing" if not state.rank else
            f"The two thin matrices of every layer weigh {size(result.bytes)}")
    return (f"Rank {state.rank} keeps {percent(result.kept)} of the change of {matrix_label(state.matrix)} (of a "
            f"random matrix, {percent(result.kept_at_random)}). {thin}, the whole change {size(result.full_bytes)}. "
            f"Right answers: {percent(result.accuracy[state.rank])}; with as many random directions "
            f"{percent(result.control[state.rank])}; with all that training changed {percent(result.full)}.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    rank = result.state.rank
    kept = {0: "none is kept", 1: "the first is kept"}.get(rank, f"the first {rank} are kept")
    curves = [", ".join(f"{percent(share)} at {rank}" for rank, share in shares.items())
              for shares in (result.accuracy, result.control)]
    return (f"Left: bars with the {len(result.singular)} singular values of the change of "
            f"{matrix_label(result.state.matrix)}, from {result.singular[0]:.2f} down to {result.singular[-1]:.3f}; "
            f"{kept}. Right: the share of right answers over the rank, for the best "
            f"directions {curves[0]}; for random directions {curves[1]}.")


@styled
def figure(result: Result) -> Figure:
    """The still figure: the strength of every direction, the kept ones blue; right answers over the rank."""
    left, right = fixed_axes(3.1, left=0.1, right=0.98, bottom=0.18, top=0.9, columns=2)
    places = range(1, len(result.singular) + 1)
    colours = [COLOURS["blue"] if place <= result.state.rank else GREY for place in places]
    left.vlines(places, 0, result.singular, colors=colours, linewidth=1.1)
    left.set(xlabel="direction, strongest first", ylabel="strength (singular value)", xlim=(0, len(places) + 1))
    left.set_ylim(bottom=0)
    steps = range(len(RANKS))
    for shares, colour, marker in ((result.accuracy, "blue", "o"), (result.control, "vermillion", "s")):
        values = [shares[rank] for rank in RANKS]
        right.plot(steps, values, color=COLOURS[colour], marker=marker, markersize=4, linewidth=1.4, clip_on=False)
    right.axvline(RANKS.index(result.state.rank), color="black", linestyle=(0, (4, 3)), linewidth=1)
    right.set_xticks(steps, RANKS, fontsize=9)
    right.set(xlabel="rank, in every matrix", ylabel="share of right answers", ylim=(0.4, 1))
    name_above(right, "best directions", COLOURS["blue"])
    name_above(right, "random ones", COLOURS["vermillion"], right=True)
    return left.figure


def rows(result: Result) -> list[str]:
    """The same as text."""
    lines = [f"rank {rank:>3}  best {percent(result.accuracy[rank]):>5}  random {percent(result.control[rank]):>5}"
            + ("  <" if rank == result.state.rank else "") for rank in RANKS]
    return [f"{result.state.model}, right answers among {TEST} test reviews", *lines]


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("Rank lab", State, CONTROLS, compute, rows, summary, picture_of(figure, alt))


def rank_lab(start: State = State(), text: bool = False) -> None:
    """Shows the rank lab. In text form it shows the one state `start`: State(rank=1)."""
    show(explorable, start, text)
