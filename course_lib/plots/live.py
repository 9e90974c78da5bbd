"""The losses of a training run, drawn again and again while it goes on."""
import time
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_lib.display import html_works
from course_lib.errors import CourseError, shown
from course_lib.plots.picture import picture_html
from course_lib.plots.style import COLOURS, DPI, GREY, new_axes, styled

SMOOTHING = 0.9  # how much of the mean each new loss leaves


@styled
def training_curve(losses: Sequence[float], validation: Sequence[Mapping[str, float]] = (),
                   axes: Axes | None = None) -> Axes:
    """The loss of each step (grey), smoothed (a blue line), and {"step", "loss"} measured on validation (points)."""
    axes = axes or new_axes(2.8)
    steps = range(1, len(losses) + 1)
    axes.plot(steps, losses, color=GREY, linewidth=0.8, alpha=0.7, label="each batch")
    axes.plot(steps, smoothed(losses), color=COLOURS["blue"], label="training, smoothed")
    if validation:
        axes.plot([point["step"] for point in validation], [point["loss"] for point in validation],
                  color=COLOURS["vermillion"], marker="o", linestyle=(0, (4, 3)), linewidth=1.2, label="validation")
    axes.set(xlabel="training steps", ylabel="loss (nats)")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)  # above, where no curve goes
    return axes


def smoothed(losses: Sequence[float]) -> list[float]:
    """A running mean, in which a loss counts for less with every step since; the weights add up to one.

    >>> smoothed([2, 2, 2])
    [2.0, 2.0, 2.0]
    """
    means, total, weight = [], 0.0, 0.0
    for loss in losses:
        total, weight = SMOOTHING * total + loss, SMOOTHING * weight + 1
        means.append(total / weight)
    return means


def in_words(losses: Sequence[float], validation: Sequence[Mapping[str, float]] = ()) -> str:
    """What the curve shows, for a reader who does not see it."""
    words = (f"Training loss by step: {losses[0]:.2f} nats at step 1, {smoothed(losses)[-1]:.2f} (smoothed) at step "
             f"{len(losses)}.")
    if validation:
        best = min(validation, key=lambda point: point["loss"])
        last = validation[-1]
        words += (f" Validation loss: lowest {best['loss']:.2f} at step {best['step']}, last {last['loss']:.2f} at "
                  f"step {last['step']}.")
    return words


class LiveCurve:
    """`fit(..., watch=LiveCurve())` draws the losses in a notebook, in one picture, at most every `every` seconds.

    Elsewhere it does nothing. It reads the history's `loss` and `validation`. At most a tenth of the time goes into
    drawing, and what goes wrong with the display never stops a training run. CourseError for an `every` below 0.
    """

    def __init__(self, every: float = 0.5):
        if isinstance(every, bool) or not isinstance(every, int | float) or not every >= 0:
            raise CourseError(f"every is a number of seconds, 0 or more; you gave {shown(every)}.")
        self.every = every
        self.handle = None     # the picture in the notebook, once there is one
        self.next_time = 0.0   # before that it is not drawn again

    def __call__(self, history) -> None:
        """Draws the curve, if the last time is long enough ago."""
        start = time.monotonic()
        if start >= self.next_time:
            self.draw(history, dpi=DPI // 2)  # quick
            end = time.monotonic()
            self.next_time = end + max(self.every, 9 * (end - start))

    def finish(self, history) -> None:
        """Draws the curve for good. The next run gets a picture of its own."""
        self.draw(history, DPI)
        self.handle, self.next_time = None, 0.0

    def draw(self, history, dpi: int) -> None:
        """Puts the picture into the notebook, in the place of the last one."""
        if not history.loss or not html_works():
            return
        try:
            from IPython.display import HTML, display

            axes = training_curve(history.loss, history.validation)
            picture = HTML(picture_html(axes, in_words(history.loss, history.validation), dpi=dpi))
            if self.handle is None:
                self.handle = display(picture, display_id=True)
            else:
                self.handle.update(picture)
        except Exception:  # a training run is worth more than its picture
            pass
