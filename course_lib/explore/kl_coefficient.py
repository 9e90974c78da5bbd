"""The KL coefficient, an explorable: how hard the penalty holds the policy, and what people get of it, in words."""
from course_lib.display import percent, text_table
from course_lib.explore.explorable import Explorable, picture_of, show
from course_lib.explore.kl_optima import (
    BETAS,
    CONTROLS,
    Point,
    Result,
    State,
    compute,
    on_curve,
    review_of,
    worth,
)
from course_lib.explore.kl_picture import figure
from course_lib.explore.recorded.rewards import CHARMS, CLICKS, PPO_BETAS, SETTING, TURNS


def told(point: Point) -> str:
    """A policy in words."""
    return f"{point.kl:.2f} nats from the base, learned reward {point.learned:.2f}, true reward {point.true:.2f}"


def summary(result: Result) -> str:
    """What people get at this beta, beside the base and the best beta, and the likeliest answer."""
    state, first, best = result.state, result.answers[0], result.points[result.peak]
    change = ("Of the exact optima this one gives people the most." if state.beta == BETAS[result.peak] else
              f"Of the exact optima, people get the most from that at beta = {BETAS[result.peak]:g}: {told(best)}."
              + (" Here the penalty is too weak: the learned reward is higher, the true one lower."
                 if state.beta < BETAS[result.peak] else " Here it holds the policy too hard."))
    return (f"beta = {state.beta:g}, {state.clicks:,} clicks, charm of length {state.charm:g}: {told(result.here)}. "
            f"The base has a true reward of {result.base.true:.2f}. {change} The likeliest answer to review "
            f"{state.review} is “{first.text}”, {percent(first.policy)} (base: {percent(first.base)}), really worth "
            f"{worth(first.true)}.")


def found() -> str:
    """What is to be found here, in sentences: where the true reward is highest, what more clicks change, and PPO."""
    every = {(clicks, charm): compute(State(clicks=clicks, charm=charm)) for charm in CHARMS for clicks in CLICKS}
    told = [f"**Charm of length: {CONTROLS['charm'].words(charm)}.** The true reward is highest, "
            + ", ".join(f"{one.points[one.peak].true:.2f} at beta = {BETAS[one.peak]:g} "
                        f"({one.points[one.peak].kl:.1f} nats) from {clicks:,} clicks"
                        for clicks in CLICKS for one in [every[clicks, charm]]) + "." for charm in CHARMS]
    few, many = ([every[clicks, charm] for charm in CHARMS] for clicks in (CLICKS[0], CLICKS[-1]))
    higher = sum(b.points[b.peak].true > a.points[a.peak].true for a, b in zip(few, many))
    safer = sum(b.points[0].true > a.points[0].true for a, b in zip(few, many))
    ends, base = [one.points[0].true for one in every.values()], few[0].base.true
    trained = [(point, on_curve(one, point.kl)) for one in every.values() for point in one.ppo.values()]
    below = sum(point.learned < best.learned for point, best in trained)
    ahead = sum(point.true > best.true for point, best in trained)
    calm = every[CLICKS[-1], CHARMS[0]].points[0].true
    return (f"{' '.join(told)} Nor does it take any charm: with none and {CLICKS[-1]:,} clicks the far end has "
            f"{calm:.2f}. With {CLICKS[-1]:,} clicks rather than {CLICKS[0]:,} the peak is higher for {higher} of "
            f"{len(CHARMS)} charms, and the far end, at beta = {BETAS[0]:g}, for {safer} of them. At that end the true "
            f"reward is {min(ends):.2f} to {max(ends):.2f}, below the base's {base:.2f} with "
            f"{sum(end < base for end in ends)} of {len(ends)} reward models. Of {len(trained)} trainings by PPO "
            f"{below} have less learned reward than the exact optimum at their distance, and {ahead} more true reward. "
            "All this is one seed.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    trained = "; ".join(f"beta {beta:g}: {told(point)}" for beta, point in result.ppo.items())
    answers = "; ".join(f"{one.text}, {percent(one.policy)}, base {percent(one.base)}, worth {worth(one.true)}"
                        for one in result.answers)
    strong, weak = result.points[-1], result.points[0]
    return (f"Left: from the base to {weak.kl:.1f} nats away the exact optimum's learned reward rises from "
            f"{strong.learned:.2f} to {weak.learned:.2f}; its true reward goes from {strong.true:.2f} over "
            f"{result.points[result.peak].true:.2f} to {weak.true:.2f}. PPO, trained: {trained}. Right: the likeliest "
            f"answers to review {result.state.review}: {answers}.")


NOTE = (f"Exact, over all answers, in the mean of {SETTING.tests} reviews of the test; one seed. The learned reward "
        "counts standard deviations of the base's own answers, the true one points of the taste; dotted: the "
        f"base's true one. PPO: recorded, {TURNS} turns each, beta = {', '.join(f'{beta:g}' for beta in PPO_BETAS)}.")


def header() -> tuple[str, ...]:
    """Above the columns of the answers."""
    return "answer", "base", "policy", "learned reward", "really worth"


def cells(result: Result) -> list[tuple[str, ...]]:
    """A row for each answer."""
    return [(one.text, percent(one.base), percent(one.policy), f"{one.learned:.2f}", worth(one.true))
            for one in result.answers]


def rows(result: Result) -> list[str]:
    """The same as text: a line for each beta, what PPO has reached, and the answers."""
    lines = [f"beta {beta:6.3g}  {told(point)}" + ("  <" if beta == result.state.beta else "")
             for beta, point in zip(BETAS, result.points)]
    trained = [f"PPO, beta {beta:.3g}  {told(point)}" for beta, point in result.ppo.items()]
    return [NOTE, *lines, "", *trained, "", text_table(cells(result), header(), answers_to(result))]


def answers_to(result: Result) -> str:
    """The review that is answered."""
    return f"Review {result.state.review}: {review_of(result.state.review)}"


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("KL coefficient", State, CONTROLS, compute, rows, summary, picture_of(figure, alt, NOTE),
                      lambda result: [answers_to(result)])


START = State()


def kl_coefficient(start: State = START, text: bool = False) -> None:
    """Shows the explorable. In text form it shows the one state `start`: State(beta=0.1, clicks=1600)."""
    show(explorable, start, text)
