"""The budget calculator: how many parameters a model has, and what tuning it for k tasks needs in memory and on disk.

A block of width d has about 12 d² parameters: four square matrices for attention, and a feed-forward part of twice
their size. With the table of V embeddings that makes 12 L d² + V d. Shapes: L blocks, d width, V vocabulary.
"""
from dataclasses import dataclass

from course_lib import plots
from course_lib.display import columns, counted, size
from course_lib.explore.controls import Menu, NumberBox
from course_lib.explore.explorable import Explorable, checked, picture_of, show

BYTES = {"32 bit": 4.0, "16 bit": 2.0, "8 bit": 1.0, "4 bit": 0.5}  # of a parameter
PROMPT = 20  # vectors of the soft prompt beside it
CONTROLS = {"width": NumberBox("Width d", range(1, 65_537)),
            "layers": NumberBox("Layers L", range(1, 257)),
            "vocabulary": NumberBox("Vocabulary V", range(1, 1_000_001)),
            "tasks": NumberBox("Tasks k", range(1, 10_001)),
            "dtype": Menu("A parameter has", tuple(BYTES))}


@dataclass(frozen=True)
class State:
    """What the controls say; the start is a model of GPT-3's shape."""

    width: int = 12_288
    layers: int = 96
    vocabulary: int = 50_257
    tasks: int = 10
    dtype: str = "16 bit"


@dataclass(frozen=True)
class Result:
    """Counts of parameters, and bytes. `training` is one copy while it is trained in full with AdamW."""

    tasks: int
    parameters: int
    prompt_parameters: int
    weights: float
    training: float
    copies: float
    prompt: float
    shared: float


def parameters_of(width: int, layers: int, vocabulary: int) -> int:
    """12 L d² + V d, embeddings tied.

    >>> round(parameters_of(12_288, 96, 50_257) / 1e9)
    175
    """
    return 12 * layers * width * width + vocabulary * width


def file_bytes(parameters: int, dtype: str) -> float:
    """The bytes of this many parameters.

    >>> file_bytes(175_000_000_000, "16 bit") / 1e9
    350.0
    """
    return parameters * BYTES[dtype]


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be.

    While a copy is trained there are its weights and their gradients, in the dtype, and AdamW's two numbers for each
    parameter, in 32 bits. Activations come on top; they depend on the batch.
    """
    state = checked(state, State, CONTROLS)
    parameters, prompt = parameters_of(state.width, state.layers, state.vocabulary), PROMPT * state.width
    weights, prompt_bytes = file_bytes(parameters, state.dtype), file_bytes(prompt, state.dtype)
    return Result(tasks=state.tasks, parameters=parameters, prompt_parameters=prompt, weights=weights,
                  training=2 * weights + 8 * parameters, copies=state.tasks * weights, prompt=prompt_bytes,
                  shared=weights + state.tasks * prompt_bytes)


def sizes(result: Result) -> dict[str, float]:
    """What the picture shows: a name for each number of bytes."""
    return {"the weights, once": result.weights, "while training in full": result.training,
            f"{result.tasks:,} full {'copy' if result.tasks == 1 else 'copies'}": result.copies,
            f"one base, {counted(f'{result.tasks:,}', 'soft prompts')}": result.shared}


def summary(result: Result) -> str:
    """Two sentences with the counts."""
    return (f"{result.parameters:,} parameters, {size(result.weights)}; training them in full takes "
            f"{size(result.training)} before activations. A soft prompt of {PROMPT} vectors has "
            f"{result.prompt_parameters:,} parameters, {size(result.prompt)}.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    return "Bars with bytes: " + ", ".join(f"{name} {size(count)}" for name, count in sizes(result).items()) + "."


def figure(result: Result) -> plots.Axes:
    """The still figure: four bars, each with its size."""
    found = sizes(result)
    axes = plots.bars(list(found), list(found.values()), number=size, x_label="bytes",
                      limit=1.2 * max(found.values()), highlight=["the weights, once"])
    axes.set_xticks([])
    return axes


def rows(result: Result) -> list[str]:
    """The same as text: a line for each number of bytes."""
    return columns((name, size(count)) for name, count in sizes(result).items())


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("Budget calculator", State, CONTROLS, compute, rows, summary, picture_of(figure, alt))


def budget_calculator(start: State = State(), text: bool = False) -> None:
    """Shows the calculator. In text form it shows the one state `start`: State(width=128, layers=4)."""
    show(explorable, start, text)
