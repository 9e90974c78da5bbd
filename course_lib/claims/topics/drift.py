"""Drift: what becomes of a tuned model's answers when something moves after its deployment, and which alarms ring."""
from course_lib.claims.claim import GUIDE, Figures, claim, less, more, share
from course_lib.experiments import once
from course_lib.experiments.drift import KINDS as WORDS
from course_lib.experiments.drift import SETTING
from course_lib.experiments.drift_alarms import PROMISE, WATCHES
from course_lib.experiments.drift_outcome import CHANGE, FRESH, LENGTH, WAYS, outcome, retrained

WHATS = ("right", "guessed", *(f"{name}{what}" for name in WATCHES for what in ("", "_rows")))
RETRAINED = tuple(f"{name}_{what}" for name in ("before", *WAYS) for what in ("now", "films"))
KINDS = {kind: kind.replace(" ", "_") for kind in WORDS}


def oftener(name: str):
    """By how much more of the streams an alarm rings where labels have turned than where nothing has moved."""
    return more(lambda f: f[f"turned_{name}"] - f[f"nothing_{name}"], 0.5)


@claim("C79", "Monitor for concept drift after deployment", (GUIDE,), lesson="11", core=True, tolerance=0.2,
       question="When of one kind of review what was positive becomes negative, are fewer answers right, and does an "
                f"alarm with a promised false-alarm rate ring within {LENGTH - CHANGE} rows, in most "
                "streams more than without drift?",
       asks={"fewer right answers": less(lambda f: f["turned_right"] - f["nothing_right"], 0.05),
             "the alarm of errors, for which each answer is checked": oftener("errors"),
             "without labels, PSI of the scores": oftener("scores"),
             "without labels, the model's doubts": oftener("doubts")},
       figures=(*(f"{kind}_{what}" for kind in KINDS.values() for what in WHATS), *RETRAINED))
def moving(seed: int) -> dict[str, float]:
    """What each kind of drift costs, which alarms ring and when, and what is right after a training on new rows."""
    return once(outcome, (SETTING.base,), seed) | once(retrained, (SETTING.base,), seed)


@moving.told
def tell_moving(f: Figures) -> str:
    """All kinds, the alarms of each, and the training anew."""
    kinds = "; ".join(f"{words}: {share(f[f'{KINDS[kind]}_right'])} right, the model itself guesses "
                      f"{share(f[f'{KINDS[kind]}_guessed'])}" for kind, words in WORDS.items())
    false = ", ".join(f"{words} {share(f[f'nothing_{name}'])}" for name, words in WATCHES.items())
    found = "; ".join(f"{WORDS[kind]}: " + ", ".join(
        f"{words} {share(f[f'{own}_{name}'])}" for name, words in WATCHES.items())
        for kind, own in KINDS.items() if kind != "nothing")
    return (f"Right after the change ({kinds}). Promised are {100 * PROMISE:.0f} % of streams with a false "
            f"alarm; without drift it is {false}. Streams that ring by their end: {found}. Where labels have turned, "
            f"half of the streams have rung {f['turned_errors_rows'].mean:.0f} rows after the change by errors, "
            f"{f['turned_losses_rows'].mean:.0f} by losses. Trained anew on {FRESH} rows of now: "
            f"{share(f['alone_now'])} right (before {share(f['before_now'])}), of films, of which nothing had changed, "
            f"{share(f['alone_films'])} (before {share(f['before_films'])}); with as many rows of then mixed in "
            f"{share(f['mixed_now'])} and {share(f['mixed_films'])}; with those of then alone whose labels have held "
            f"{share(f['held_now'])} and {share(f['held_films'])}. The labels having turned, rather than not:")
