"""The lessons' schematics, a function each: where a method sits and what flows where."""
from matplotlib.axes import Axes

from course_lib.plots.schematic import arrow, box, canvas, stack


def lora_beside_a_layer() -> Axes:
    """The linear layers of a block, and A and B beside one of them; its shapes are those of methods/lora.py."""
    axes = canvas(2.9)
    stack(axes, "attention", ("q_proj", "k_proj", "v_proj", "o_proj"), 0.85, 2.08)
    stack(axes, "feed-forward", ("gate_proj", "up_proj", "down_proj"), 0.85, 0.66)
    box(axes, "beside each of them", 4.45, 1.45, width=4.9, height=2.8, filled=False)
    W = box(axes, "W (d, k)\nfrozen", 4.15, 2, width=1.1, height=0.8)
    plus = box(axes, "+", 6.15, 2, width=0.3, height=0.3)
    A = box(axes, "A (r, k)", 3.45, 0.7, width=0.95, colour="vermillion")
    B = box(axes, "B (d, r)", 5.25, 0.7, width=0.95, colour="blue")
    arrow(axes, (2.2, 2), W.left, on="x (B, T, k)")
    arrow(axes, (2.6, 2), (2.6, 0.7), A.left)
    arrow(axes, A.right, B.left, on="(B, T, r)")
    arrow(axes, B.right, (6.15, 0.7), plus.bottom, on="× α / r")
    arrow(axes, W.right, plus.left, on="(B, T, d)")
    arrow(axes, plus.right, (6.8, 2), on="y")
    return axes


def line_and_sum() -> Axes:
    """Models as points: half way between a base and what it was tuned to; and the changes of two trainings, added."""
    axes = canvas(2.6)
    box(axes, "one training: a line", 1.65, 1.3, width=3.1, height=2.5, filled=False)
    base = box(axes, "base", 0.65, 0.4)
    half = box(axes, "α = ½", 1.65, 1.15, colour="green")
    tuned = box(axes, "tuned", 2.65, 1.9, colour="blue")
    arrow(axes, base.top, half.left)
    arrow(axes, half.top, tuned.left)
    box(axes, "two trainings: a sum", 5.1, 1.3, width=3.6, height=2.5, filled=False)
    start = box(axes, "base", 3.9, 0.5)
    one = box(axes, "reviews", 4.3, 1.75, width=0.95, colour="blue")
    other = box(axes, "spam", 5.8, 0.5, colour="vermillion")
    both = box(axes, "both", 6.2, 1.75, colour="green")
    arrow(axes, start.top, one.bottom, on="change 1")
    arrow(axes, start.right, other.left, on="change 2")
    arrow(axes, one.right, both.left, on="change 2")
    arrow(axes, other.top, both.bottom, on="change 1")
    return axes


def two_ways_from_clicks() -> Axes:
    """From clicks to a policy: through a reward model, or directly."""
    axes = canvas(2.7)
    base = box(axes, "base\nfrozen", 0.75, 1.35, height=0.6)
    pairs = box(axes, "pairs of\nits answers", 2.2, 1.35, width=1.05, height=0.6)
    clicks = box(axes, "clicks", 3.5, 1.35, width=0.75, colour="orange")
    reward = box(axes, "reward model\n(d,) → number", 4.75, 2.15, width=1.45, height=0.6, colour="blue")
    policy = box(axes, "policy\nLoRA", 6.35, 1.35, width=0.9, height=0.6, colour="vermillion")
    arrow(axes, base.right, pairs.left)
    arrow(axes, pairs.right, clicks.left)
    arrow(axes, clicks.top, (3.5, 2.15), reward.left)
    arrow(axes, reward.right, (6.35, 2.15), policy.top, on="PPO")
    arrow(axes, clicks.bottom, (3.5, 0.55), (6.35, 0.55), policy.bottom, on="DPO: no reward model")
    return axes


def answered_ahead() -> Axes:
    """What becomes of many rows: distinct prompts, those that the cache lacks, batches by length, and rows again."""
    axes = canvas(2.3)
    rows = box(axes, "rows", 0.65, 1.6, width=0.75)
    distinct = box(axes, "distinct\nprompts", 1.85, 1.6, width=0.95, height=0.6)
    cache = box(axes, "cache\nkey → answer", 3.45, 0.6, width=1.45, height=0.6, colour="orange")
    plan = box(axes, "groups that\nbegin alike", 3.55, 1.6, width=1.2, height=0.6)
    batches = box(axes, "batches of\none length", 5.05, 1.6, width=1.15, height=0.6)
    model = box(axes, "model", 6.4, 1.6, width=0.75, colour="blue")
    arrow(axes, rows.right, distinct.left)
    arrow(axes, distinct.right, plan.left, on="new")
    arrow(axes, plan.right, batches.left)
    arrow(axes, batches.right, model.left)
    arrow(axes, model.bottom, (6.4, 0.6), cache.right, on="after every batch")
    arrow(axes, cache.left, (0.65, 0.6), rows.bottom, on="an answer for every row")
    return axes


def what_an_alarm_needs() -> Axes:
    """What can be watched of a deployed model: without a label how its answers are spread and how sure it is; with
    one, whether they are right.
    """
    axes = canvas(2.7)
    texts = box(axes, "texts", 0.6, 1.35, width=0.8)
    model = box(axes, "model\ntuned", 1.9, 1.35, width=0.95, height=0.6, colour="vermillion")
    scores = box(axes, "scores", 3.35, 1.35, width=0.9)
    labels = box(axes, "labels: somebody\nchecks answers", 3.35, 0.45, width=1.9, height=0.6, colour="orange")
    blind = box(axes, "PSI of scores,\ndoubts", 5.65, 2.1, width=1.6, height=0.6, colour="blue")
    box(axes, "errors, losses", 5.65, 0.9, width=1.6, colour="green")
    arrow(axes, texts.right, model.left)
    arrow(axes, model.right, scores.left)
    arrow(axes, scores.top, (3.35, 2.1), blind.left, on="no label")
    arrow(axes, scores.right, (4.3, 1.35), (4.3, 0.98), (4.85, 0.98))
    arrow(axes, labels.right, (4.6, 0.45), (4.6, 0.82), (4.85, 0.82))
    return axes
