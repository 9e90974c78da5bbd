"""The budget calculator: how many parameters a model has, and what tuning it for k tasks needs in memory and on disk.

A block of width d has about 12 d² parameters: four square matrices for attention, and a feed-forward part of twice
their size. With the table of V embeddings that makes 12 L d² + V d. Shapes: L blocks, d width, V vocabulary.
"""
from dataclasses import dataclass

from course_lib import plots
from course_lib.display import counted
from course_lib.errors import CourseError, shown, whole_number
from course_lib.explore.common import check_state, show

BYTES = {"32 bit": 4.0, "16 bit": 2.0, "8 bit": 1.0, "4 bit": 0.5}  # of a parameter
PROMPT = 20  # vectors of the soft prompt beside it
LARGEST = {"width": 65_536, "layers": 256, "vocabulary": 1_000_000, "tasks": 10_000}
UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")


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
    if not isinstance(dtype, str) or dtype not in BYTES:
        raise CourseError(f"dtype is one of {', '.join(BYTES)}; you gave {shown(dtype)}.")
    return parameters * BYTES[dtype]


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be.

    While a copy is trained there are its weights and their gradients, in the dtype, and AdamW's two numbers for each
    parameter, in 32 bits. Activations come on top; they depend on the batch.
    """
    check_state(state, State)
    width, layers, vocabulary, tasks = (whole_number(name, getattr(state, name), 1, most)
                                        for name, most in LARGEST.items())
    parameters, prompt = parameters_of(width, layers, vocabulary), PROMPT * width
    weights, prompt_bytes = file_bytes(parameters, state.dtype), file_bytes(prompt, state.dtype)
    return Result(tasks=tasks, parameters=parameters, prompt_parameters=prompt, weights=weights,
                  training=2 * weights + 8 * parameters, copies=tasks * weights, prompt=prompt_bytes,
                  shared=weights + tasks * prompt_bytes)


def size(count: float) -> str:
    """Bytes in the unit that suits them; 1 KB is 1,000 bytes.

    >>> size(350e9), size(491_520), size(12)
    ('350 GB', '492 KB', '12 bytes')
    """
    place = 0
    while count >= 999.5 and place < len(UNITS) - 1:
        count, place = count / 1000, place + 1
    return f"{count:.3g} {UNITS[place]}"


def rows(result: Result) -> dict[str, float]:
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
    return "Bars with bytes: " + ", ".join(f"{name} {size(count)}" for name, count in rows(result).items()) + "."


def figure(result: Result) -> plots.Axes:
    """The still figure: four bars, each with its size."""
    found = rows(result)
    axes = plots.bars(list(found), list(found.values()), number=size, x_label="bytes",
                      limit=1.2 * max(found.values()), highlight=["the weights, once"])
    axes.set_xticks([])
    return axes


def text_form(result: Result) -> str:
    """The same for a terminal or a screen reader."""
    found = rows(result)
    width = max(map(len, found))
    return "\n".join([*(f"{name:{width}}  {size(count)}" for name, count in found.items()), "", summary(result)])


def panel(start: State = State()):
    """The widgets, ready to be displayed (`.box`) or driven (`.set`)."""
    import ipywidgets as widgets

    from course_lib.explore.panel import Panel, control, status

    compute(start)  # says what is wrong with it

    def draw(values: dict) -> str:
        result = compute(State(**values))
        return plots.picture_html(figure(result), alt(result), dpi=96) + status(summary(result))

    labels = {"width": "Width d", "layers": "Layers L", "vocabulary": "Vocabulary V", "tasks": "Tasks k"}
    controls = {name: control(widgets.BoundedIntText, label, min=1, max=LARGEST[name], value=getattr(start, name))
                for name, label in labels.items()}
    controls["dtype"] = control(widgets.Dropdown, "A parameter has", options=list(BYTES), value=start.dtype)
    return Panel("Budget calculator", controls, draw)


def budget_calculator(start: State = State(), text: bool = False) -> None:
    """Shows the calculator. In text form it shows the one state `start`: State(width=128, layers=4)."""
    show(lambda: panel(start), lambda: text_form(compute(start)), text)
