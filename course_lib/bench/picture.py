"""`course bench picture`: the README's picture, measured anew."""
from pathlib import Path

from course_lib import plots
from course_lib.bench.in_context import in_context
from course_lib.models import bundled_models, load_model

K = (0, 1, 2, 4, 8)


def draw(path: Path) -> None:
    """Right answers on held-out pairs against the number of examples, trained models and untrained control."""
    ladder = [name for name in ("orchard-xs", "orchard-s", "orchard-m") if name in bundled_models()]
    models = {name: load_model(name) for name in ladder}
    models["random weights"] = load_model("orchard-s", random=True)
    series = {name: tuple(zip(*(in_context(*model, k) for k in K))) for name, model in models.items()}
    axes = plots.curve(K, series, x_label="examples in the prompt", y_label="share of right answers",
                       y_limits=(0, 1))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(plots.png(axes, dpi=160))
    print(f"wrote {path}")
