"""NF4 against int4: the levels of both on a real matrix, and how far rounding moves it, by the size of a block."""
from dataclasses import dataclass
from functools import partial

import torch
from matplotlib.figure import Figure

from course_lib.architecture import blocks_of, check_model, matrix, matrix_label
from course_lib.display import percent
from course_lib.explore.controls import Control, Menu, Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.plots.style import COLOURS, GREY, fixed_axes, name_above, styled
from course_lib.quantise import LEVELS, decode, encode

BLOCK_SIZES = (8, 16, 32, 64, 128, 256, 1024, 4096)
RANDOM = {"bell": "control: drawn from a bell curve", "even": "control: drawn evenly"}
NAMES = {"nf4": "NF4", "int4": "int4"}
BINS = 60
NUMBERS = 128 * 128  # of a matrix: more would change little, and make it slow


@dataclass(frozen=True)
class State:
    """What the controls say: the matrix, or a control; whose levels are drawn; how many numbers share a scale."""

    matrix: str = "model.layers.2.self_attn.v_proj"
    scheme: str = "nf4"
    block_size: int = 64


@dataclass(frozen=True)
class Result:
    """`shares` (n,) are the numbers over their block's scale, `levels` those of the scheme.

    `errors[scheme][block_size]` is the size of what rounding changes over the size of the matrix; `bits` is what one
    number takes, its part of the scale included (float32: 32).
    """

    state: State
    shares: torch.Tensor
    levels: torch.Tensor
    errors: dict[str, dict[int, float]]
    bits: float


def layers(model) -> list[str]:
    """The names of the matrices in the blocks."""
    return [f"{block}.{name}" for block, module in blocks_of(model).items() for name, layer in module.named_modules()
            if isinstance(layer, torch.nn.Linear)]


def controls(model) -> dict[str, Control]:
    """What each control can be, for this model."""
    check_model(model, "quantise_lab")
    return {"matrix": Menu("Matrix", (*layers(model), *RANDOM), label, noun="matrix in the blocks"),
            "scheme": Menu("Levels drawn", tuple(LEVELS), NAMES.get),
            "block_size": Steps("Block size", BLOCK_SIZES)}


def numbers(model, name: str) -> torch.Tensor:
    """The numbers of this matrix, (n,), of a larger one the first `NUMBERS`; a control is always the same one."""
    generator = torch.Generator().manual_seed(0)
    if name == "bell":
        return torch.randn(NUMBERS, generator=generator)
    if name == "even":
        return torch.rand(NUMBERS, generator=generator) * 2 - 1
    return matrix(model.get_submodule(name)).detach().flatten()[:NUMBERS]


def error(weight: torch.Tensor, scheme: str, block_size: int) -> float:
    """How far rounding moves the matrix, over the matrix's own size."""
    levels = LEVELS[scheme]()
    back = decode(*encode(weight, levels, block_size), levels, block_size)
    return ((back - weight).norm() / weight.norm()).item()


def compute(model, state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state, size = checked(state, State, controls(model)), state.block_size
    weight = numbers(model, state.matrix)
    _, scales = encode(weight, LEVELS[state.scheme](), size)
    shares = weight / scales.repeat_interleave(size)[:weight.numel()]
    errors = {scheme: {each: error(weight, scheme, each) for each in BLOCK_SIZES} for scheme in LEVELS}
    return Result(state, shares, LEVELS[state.scheme](), errors, 4 + 32 * len(scales) / weight.numel())


def finely(share: float) -> str:
    """A share in per cent with one place: errors lie close together."""
    return f"{100 * share:.1f} %"


def label(name: str) -> str:
    """What a student calls the matrix, or the control."""
    return RANDOM[name] if name in RANDOM else matrix_label(name)


def summary(result: Result) -> str:
    """How far each scheme is off at this block size, and what a number takes."""
    size = result.state.block_size
    nf4, int4 = (result.errors[scheme][size] for scheme in LEVELS)
    word = "less" if nf4 < int4 else "more"
    name = label(result.state.matrix)
    return (f"{name[0].upper()}{name[1:]}, blocks of {size:,}: NF4 moves the matrix by {finely(nf4)} of its size, "
            f"int4 by {finely(int4)}, so NF4 loses {word}. A number takes {result.bits:.2f} bits instead of 32.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    inner = (result.shares.abs() < 0.5).float().mean().item()
    rows = "; ".join(f"{NAMES[scheme]} " + ", ".join(f"{finely(share)} at {size:,}" for size, share in found.items())
                     for scheme, found in result.errors.items())
    return (f"Left: a histogram of the numbers over their block's largest, {percent(inner)} of them within half of it, "
            f"with the {len(result.levels)} levels of {NAMES[result.state.scheme]} as lines. Right: the rounding error "
            f"over the block size: {rows}.")


@styled
def figure(result: Result) -> Figure:
    """The still figure: the numbers and the levels; the error of both schemes over the block size."""
    left, right = fixed_axes(3.1, left=0.115, right=0.98, bottom=0.18, top=0.9, columns=2, between=0.28)
    counts = torch.histc(result.shares, BINS, -1, 1) / len(result.shares)
    edges = torch.linspace(-1, 1, BINS + 1)
    left.stairs(counts.tolist(), edges.tolist(), fill=True, color=GREY, alpha=0.6)
    colours = {"nf4": COLOURS["blue"], "int4": COLOURS["vermillion"]}
    left.vlines(result.levels.tolist(), 0, counts.max().item(), colors=colours[result.state.scheme], linewidth=1)
    left.set(xlabel="number / largest of its block", ylabel="share of the numbers", xlim=(-1.04, 1.04))
    left.set_ylim(bottom=0)
    name_above(left, f"levels of {NAMES[result.state.scheme]}", colours[result.state.scheme])
    steps = range(len(BLOCK_SIZES))
    last = {scheme: result.errors[scheme][BLOCK_SIZES[-1]] for scheme in LEVELS}
    for scheme, marker in (("nf4", "o"), ("int4", "s")):
        values = [100 * result.errors[scheme][size] for size in BLOCK_SIZES]
        right.plot(steps, values, color=colours[scheme], marker=marker, markersize=4, linewidth=1.4, clip_on=False)
        above = last[scheme] == max(last.values())
        right.annotate(NAMES[scheme], (steps[-1], values[-1]), (-8, 6 if above else -26), ha="right",
                       textcoords="offset points", color=colours[scheme])
    right.axvline(BLOCK_SIZES.index(result.state.block_size), color="black", linestyle=(0, (4, 3)), linewidth=1)
    right.set_xticks(steps, BLOCK_SIZES, fontsize=8)
    right.set(xlabel="numbers in a block", ylabel="error (% of the matrix)")
    right.set_ylim(bottom=0)
    return left.figure


def rows(result: Result) -> list[str]:
    """The same as text."""
    lines = [f"blocks of {size:>5,}  NF4 {finely(result.errors['nf4'][size]):>6}  int4 "
            f"{finely(result.errors['int4'][size]):>6}" + ("  <" if size == result.state.block_size else "")
            for size in BLOCK_SIZES]
    levels = " ".join(f"{level:.2f}" for level in result.levels.tolist())
    return [f"{label(result.state.matrix)}, error of rounding", *lines, "",
            f"levels of {NAMES[result.state.scheme]}: {levels}"]


def explorable(model) -> Explorable:
    """All that makes it one, for this model."""
    return Explorable("NF4 against int4", State, controls(model), partial(compute, model), rows, summary,
                      picture_of(figure, alt))


def quantise_lab(model, start: State = State(), text: bool = False) -> None:
    """Shows NF4 against int4. In text form it shows the one state `start`: State(block_size=256)."""
    show(partial(explorable, model), start, text)
