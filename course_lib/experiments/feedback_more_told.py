"""What lesson 10's second notebook says of its own runs, whatever comes out."""
from collections.abc import Mapping, Sequence

from course_lib.display import counted, percent
from course_lib.intervals import in_points, students_t


def told_distance(kl: float, found: Mapping[str, tuple[float, float]]) -> str:
    """Whether ways of training differ more from each other than from the best: (learned, true) of each, the best last.

    >>> told_distance(1.04, {"PPO": (0.5, 1.4), "GRPO": (0.6, 1.5), "best": (1.2, 1.45)})
    'By the learned reward the ways of training lie 0.10 apart at 1.0 nats, and the highest lies 0.60 below the best \
there is: what all of them miss is more than what sets them apart. By the true one GRPO lies above that best policy.'
    """
    *ways, (best, best_true) = found.values()
    apart, missed = max(ways)[0] - min(ways)[0], best - max(ways)[0]
    above = [name for name, (_, true) in list(found.items())[:-1] if true > best_true]
    return (f"By the learned reward the ways of training lie {apart:.2f} apart at {kl:.1f} nats, and the highest "
            f"lies {missed:.2f} below the best there is: " + (
                "what all of them miss is more than what sets them apart. " if apart < missed else
                "what sets them apart is at least as much as what the highest misses. ")
            + f"By the true one {' and '.join(above) or 'none of them'} {'lie' if above[1:] else 'lies'} above that "
              "best policy.")


def told_epochs(seen: Sequence[Mapping[str, float]], chosen: Sequence[float], rejected: Sequence[float]) -> str:
    """When what DPO writes is worth most, and what became of the answers that it was shown; the base comes first."""
    worth, last = [one["worth"] for one in seen], len(seen) - 1
    peak = worth.index(max(worth))
    said = (f"What it writes is worth most {f'after epoch {peak}' if peak else 'before the first step'} "
            f"({worth[peak]:.2f})" + (f"; after epoch {last} it is worth {worth[last]:.2f}" if peak < last else "")
            + f". Among the answers alone the true reward goes from {seen[0]['true']:.2f} to {seen[last]['true']:.2f}, "
            f"but then {percent(seen[last]['outside'])} of what it writes is none of them. ")
    return said + (f"In the last epoch the chosen answers are {likelier(chosen[-1])} than to the base, and the "
                   f"rejected ones {likelier(rejected[-1])}.")


def likelier(nats: float) -> str:
    """A difference of log probabilities in words.

    >>> likelier(-1.02), likelier(0.5)
    ('1.0 nats less likely', '0.5 nats likelier')
    """
    return f"{counted(f'{abs(nats):.1f}', 'nats')} {'likelier' if nats > 0 else 'less likely'}"


def told_position(learned: Sequence[Mapping[str, float]], ignored: Sequence[Mapping[str, float]]) -> str:
    """Of the same careless clicks, what it is worth to learn how much left is clicked whatever stands there.

    >>> told_position([{"foretold": 0.62}, {"foretold": 0.63}], [{"foretold": 0.58}, {"foretold": 0.6}])
    'What left is clicked for by itself, learned beside the answers: +4 points (95 % interval -3 to +10). These draws \
cannot tell that it helps.'
    """
    more = students_t([a["foretold"] - b["foretold"] for a, b in zip(learned, ignored, strict=True)])
    return (f"What left is clicked for by itself, learned beside the answers: {in_points(*more)}. " + (
        "So noise costs less when the model knows where it comes from." if more[1] > 0 else
        "These draws cannot tell that it helps."))


def told_stray(free: Mapping[str, float], held: Mapping[str, float], scores: Sequence[float], highest: float) -> str:
    """Where PPO went without the rule (`free`), and with it (`held`); `scores` are those of its answers without.

    >>> told_stray({"outside": 0.9}, {"outside": 0.05, "learned": 2.0}, [5.0, 6.0], 4.6)
    'Without the rule 90 % of what it writes is none of the answers, with it 5 %. Its texts score 5.5 in the mean, and \
6.0 at most; with the rule 2.0 in the mean. The highest score of any stated answer is 4.6. So the reward model likes \
best what nobody has ever clicked on.'
    """
    mean, most = sum(scores) / len(scores), max(scores)
    return (f"Without the rule {percent(free['outside'])} of what it writes is none of the answers, with it "
            f"{percent(held['outside'])}. Its texts score {mean:.1f} in the mean, and {most:.1f} at most; with the "
            f"rule {held['learned']:.1f} in the mean. The highest score of any stated answer is {highest:.1f}. " + (
                "In this run most of what it writes is an answer still." if free["outside"] < 0.5 else
                "So the reward model likes best what nobody has ever clicked on." if most > highest else
                "So it has left what anybody ever clicked on, and is not even liked better for it."))
