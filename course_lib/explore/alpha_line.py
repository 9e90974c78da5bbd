"""The alpha line: a point between a base and its tuned model, or beyond one of them (recorded/line.py)."""
from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from course_lib.claims import Figure as Measured
from course_lib.claims import recorded
from course_lib.display import html_table, percent
from course_lib.experiments import robustness
from course_lib.explore.controls import Menu, Steps
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.explore.recorded.line import ALPHAS, FIGURES, PROMPTS, RATES, REVIEW, SEEDS, TEST, read
from course_lib.plots.style import COLOURS, GREY, fixed_axes, name_above, styled

RIGHT = {"own": ("task's prompt", "blue", "o"), "asked": ("base's question", "vermillion", "s"),
         "gadgets": ("gadgets", "green", "^")}       # what is asked: its name, colour and sign
SIGNS = {"o": "●", "s": "■", "^": "▲"}
DARK_PURPLE = "#8F5575"                              # a text of the palette's would be too pale
KEPT = 0.05                                          # what has lost no more right answers than that is kept
CONTROLS = {"alpha": Steps("alpha", ALPHAS, "{:g}".format),
            "rate": Menu("Learning rate", RATES,
                         lambda rate: "best for the answers" if rate == RATES[0] else f"{rate} of the best")}


@dataclass(frozen=True)
class State:
    """What the controls say: how far along the line, and which training made its other end."""

    alpha: float = 0.5
    rate: str = RATES[0]


@dataclass(frozen=True)
class Result:
    """What every alpha of ALPHAS has, {figure: over the seeds}; the `rival`, which is the end of the gentlest training;
    and what the models at 0, at this alpha and at 1 write to each of PROMPTS.
    """

    state: State
    points: tuple[dict[str, Measured], ...]
    rival: dict[str, Measured]
    texts: tuple[tuple[str, ...], ...]

    def at(self, alpha: float) -> dict[str, Measured]:
        """The figures at this alpha."""
        return self.points[ALPHAS.index(alpha)]

    def means(self, name: str) -> list[float]:
        """The mean over seeds of a figure, by alpha."""
        return [point[name].mean for point in self.points]


def compute(state: State) -> Result:
    """state -> result. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    line = read()[state.rate]
    texts = zip(*(line[ALPHAS.index(alpha)]["texts"] for alpha in (0, state.alpha, 1)))
    return Result(state, tuple(map(figures_of, line)), figures_of(read()[RATES[-1]][ALPHAS.index(1)]), tuple(texts))


def figures_of(point: dict) -> dict[str, Measured]:
    """The figures of a point that was read."""
    return {name: Measured(tuple(point[name])) for name in FIGURES}


def both_kept(rate: str) -> list[float]:
    """The alphas from 0 to 1 that keep both, in the seeds of the picture."""
    result = compute(State(rate=rate))
    return keeping({alpha: result.at(alpha) for alpha in ALPHAS if 0 <= alpha <= 1})


def keeping(points: Mapping[float, Mapping[str, Measured]]) -> list[float]:
    """The alphas that keep the task, as at 1, and the base's own question, as at 0: both within KEPT."""
    least = {"own": points[1]["own"].mean - KEPT, "asked": points[0]["asked"].mean - KEPT}
    return [alpha for alpha, point in points.items() if all(point[name].mean >= least[name] for name in least)]


def found_in_record() -> str:
    """The same at the best rate in the seeds of C89, which are more, and its alphas fewer."""
    record = recorded("C89")
    alphas = keeping({alpha: {name: record[f"{name}_at_{alpha:g}"] for name in ("own", "asked")}
                      for alpha in robustness.ALPHAS})
    return (f"These are few seeds: in the {len(record['own_at_1'].values)} of C89, at the best rate, "
            + (f"both are kept at alpha = {', '.join(f'{alpha:g}' for alpha in alphas)}." if alphas else
               f"none of {', '.join(f'{alpha:g}' for alpha in robustness.ALPHAS)} keeps both."))


def found() -> str:
    """What is to be found here, for each rate, in sentences."""
    told = []
    for rate in RATES:
        alphas = both_kept(rate)
        told.append(f"**Rate: {CONTROLS['rate'].words(rate)}.** " + (
            f"Both are kept at alpha = {', '.join(f'{alpha:g}' for alpha in alphas)}." if alphas else
            "No alpha of these keeps both."))
    end = [rate for rate in RATES[1:] if 1 in both_kept(rate)]
    return (f"Kept means: within {100 * KEPT:.0f} points of the end that is good at it, in the mean of {len(SEEDS)} "
            f"seeds. {' '.join(told)} " + (
                f"With {' and '.join(end)} of the rate the tuned model itself (alpha = 1) has kept both: try a lower "
                "rate before you look for an alpha." if end else "No lower rate does the same without a mix.")
            + f" {found_in_record()}")


def told(point: dict[str, Measured]) -> str:
    """A point in words."""
    return (f"task {percent(point['own'].mean)}, base's question {percent(point['asked'].mean)}, gadgets "
            f"{percent(point['gadgets'].mean)}, old text {point['old'].mean:.2f} nats")


def summary(result: Result) -> str:
    """What this point has, next to both ends and to the rival."""
    alpha = result.state.alpha
    beyond = "" if 0 <= alpha <= 1 else (
        f" This is extrapolation, beyond {'the base' if alpha < 0 else 'the tuned model'}: no longer a mix of the two.")
    rival = "" if result.state.rate == RATES[-1] else (
        f" The rival, {RATES[-1]} of the best rate and nothing interpolated: {told(result.rival)}.")
    return (f"alpha = {alpha:g}: {told(result.at(alpha))}.{beyond} The base: {told(result.at(0))}. The tuned model: "
            f"{told(result.at(1))}.{rival}")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    curves = "; ".join(f"{name} {', '.join(percent(mean) for mean in result.means(key))}"
                       for key, (name, *_) in RIGHT.items())
    return (f"Left: right answers as alpha goes from {ALPHAS[0]:g} to {ALPHAS[-1]:g}: {curves}. Right: loss on old "
            f"text, {', '.join(f'{loss:.2f}' for loss in result.means('old'))} nats. A line marks alpha = "
            f"{result.state.alpha:g}.")


def highest_loss() -> float:
    """Of old text at any point, so that the axes of all trainings are the same."""
    return max(loss for line in read().values() for point in line for loss in point["old"])


@styled
def figure(result: Result) -> Figure:
    """The still figure: right answers and the loss on old text along the line; what is grey lies beyond it."""
    left, right = fixed_axes(3.3, left=0.09, right=0.99, bottom=0.16, top=0.9, columns=2)
    left.set_position([0.09, 0.16, 0.53, 0.74])
    right.set_position([0.71, 0.16, 0.27, 0.74])
    curves = [(left, key, *look) for key, look in RIGHT.items()] + [(right, "old", "", "purple", "D")]
    for axes, key, _, colour, sign in curves:
        lows, highs = zip(*((min(point[key].values), max(point[key].values)) for point in result.points))
        axes.fill_between(ALPHAS, lows, highs, color=COLOURS[colour], alpha=0.18, linewidth=0)
        axes.plot(ALPHAS, result.means(key), color=COLOURS[colour], marker=sign, markersize=4, linewidth=1.6)
        axes.plot(result.state.alpha, result.at(result.state.alpha)[key].mean, marker=sign, markersize=10,
                  color=COLOURS[colour], markeredgecolor="black", markeredgewidth=1.2, zorder=5, clip_on=False)
    for axes, margin in ((left, 0.08), (right, 0.13)):
        first, last = ALPHAS[0] - margin, ALPHAS[-1] + margin
        for beyond in ((first, 0), (1, last)):
            axes.axvspan(*beyond, color="#EDEDED", linewidth=0, zorder=0)
        axes.axvline(result.state.alpha, color="black", linestyle=(0, (4, 3)), linewidth=1)
        axes.set(xlabel="alpha", xlim=(first, last), xticks=(0, 0.5, 1))
    left.axhline(0.5, color=GREY, linestyle=(0, (4, 3)), linewidth=1)
    left.annotate("guessing", (0.62, 0.5), (0, -13), textcoords="offset points", color="#5A5A5A", fontsize=9)
    left.annotate("beyond", (1.015, 0.04), color="#5A5A5A", fontsize=8.5)
    left.set(xlabel="alpha, from the base (0) to the tuned model (1)", ylabel="right answers", ylim=(0, 1.02))
    right.set(ylim=(0, 1.05 * highest_loss()))
    for (name, colour, sign), place in zip(RIGHT.values(), (0, 0.40, 0.84)):
        left.annotate(f"{SIGNS[sign]} {name}", (place, 1), (0, 6), xycoords="axes fraction",
                      textcoords="offset points", color=COLOURS[colour], fontsize=9.5)
    name_above(right, "loss on old text (nats)", DARK_PURPLE, inward=-6)
    return left.figure


def written(result: Result) -> list[tuple[str, ...]]:
    """(prompt, what the base writes, what this point does, what the tuned model does)"""
    shown = [prompt.replace(REVIEW, "(the review)") for prompt in PROMPTS.values()]
    return [(prompt, *(text or "(nothing)" for text in texts)) for prompt, texts in zip(shown, result.texts)]


def header(result: Result) -> tuple[str, ...]:
    """Above the columns of what is written."""
    return "prompt", "base (alpha = 0)", f"here (alpha = {result.state.alpha:g})", "tuned (alpha = 1)"


NOTE = (f"Recorded; means of {len(SEEDS)} seeds, {TEST} rows each, bands from the lowest to the highest. Grey: beyond "
        "the two models.")
CAPTION = f"What the models of seed {SEEDS[0]} write, always the most probable token. The review: “{REVIEW}”"


def picture(result: Result) -> str:
    """The figure, and below it the texts."""
    return picture_of(figure, alt, NOTE)(result) + html_table(written(result), header(result), CAPTION)


def rows(result: Result) -> list[str]:
    """The same as text: a line for each alpha, and what is written here and at both ends."""
    lines = [f"alpha {alpha:6.3f}  {told(point)}" + ("  <" if alpha == result.state.alpha else "")
             for alpha, point in zip(ALPHAS, result.points)]
    texts = [f"{name}: {text}" for row in written(result) for name, text in zip(header(result), row)]
    return [f"Learning rate: {CONTROLS['rate'].words(result.state.rate)}. {NOTE}", *lines, "", CAPTION, *texts]


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("Alpha line", State, CONTROLS, compute, rows, summary, picture)


def alpha_line(start: State = State(), text: bool = False) -> None:
    """Shows the explorable. In text form it shows the one state `start`: State(1.25, "a third")."""
    show(explorable, start, text)
