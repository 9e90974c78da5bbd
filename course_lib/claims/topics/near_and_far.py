"""Full fine-tuning, LoRA and adapters, near to what a base knows and far from it."""
from course_lib.claims.claim import GUIDE, LOREFT, WIKIPEDIA, Figures, Quantity, claim, more, same, share
from course_lib.cost import size_on_disk
from course_lib.display import percent
from course_lib.evaluation import old_domain_loss
from course_lib.experiments import count
from course_lib.experiments.near_and_far import (
    FAR,
    NEAR,
    OLD,
    RUNS,
    SLOWER,
    SOON,
    at_lower_rates,
    figures_of,
    in_words,
    outcomes,
)

CLOSE = 0.05                         # shares nearer to each other than this are about equal
BASES = ("orchard-s", "orchard-s-early")
APPROACHING = ("near_full", "near_lora", "far_full", "far_lora")
RATES = {"near": ("near_full", "near_third", "near_tenth"), "far": ("far_full", "far_third")}  # of full fine-tuning
MATCHING = ("near_lora", "near_adapter", "far_lora", "far_adapter")
LAGGING = ("soon_lora", "far_thin", "far_lora", "far_adapter")
BOTTLENECKS, SMALL = ("near_adapter", "far_adapter"), ("near_thin", "far_thin")
FULL = {"near": "near_full", "soon": "soon_full", "far": "far_full"}
WHERE = {"near": f"near, {NEAR.steps} steps", "soon": f"far, {SOON.steps} steps", "far": f"far, {FAR.steps} steps"}


def where(run: str) -> str:
    """The setting of a run: near, soon or far."""
    return run.split("_")[0]


def in_place(run: str) -> str:
    """A run by its setting and its method."""
    return f"{WHERE[where(run)]}, {in_words(run)}"


def close(*runs: str) -> dict[str, Quantity]:
    """That each is within CLOSE of full fine-tuning in the same setting."""
    return {in_place(run): same(lambda f, run=run: f[run] - f[FULL[where(run)]], CLOSE) for run in runs}


def with_full(*runs: str) -> tuple[str, ...]:
    """These runs, and full fine-tuning in their settings."""
    return tuple(dict.fromkeys(one for run in runs for one in (FULL[where(run)], run)))


def right(f: Figures, *runs: str) -> str:
    """How often each was right, and its loss on old text."""
    return "; ".join(f"{in_place(run)}: {share(f[run])}, old text {f[f'{run}_old'].mean:.2f}" for run in runs) + "."


def share_trained(run: str) -> float:
    """The share of the base's parameters that a run trains."""
    setting, one = RUNS[run]
    model, tokenizer = setting.load(0)
    return count(one.build(model, tokenizer, 0)) / count(model)


@claim("C25", "It approaches full fine-tuning with less space", (WIKIPEDIA,), lesson="06", tolerance=0.1, models=BASES,
       question="Is LoRA within 5 points of full fine-tuning, near to pretraining and far from it?",
       asks=close("near_lora", "far_lora"),
       figures=(*figures_of(*APPROACHING, *SLOWER), "near_before", "far_before", "space"),
       turned="It held with a limit: far from pretraining LoRA fell behind. It had few steps there, and rates at "
              "which some seeds collapsed. With both mended we wrote that what parts the two is what they forget. But "
              "that was the rate's doing: at a third of the rate that is best for its answers full fine-tuning is "
              "about as often right as LoRA, within the same 5 points, and keeps more of the old text.")
def approaches(seed: int) -> dict[str, float]:
    """LoRA and full fine-tuning on the late base and, for longer and with a higher rank, on the early one.

    Full fine-tuning also at lower rates than the one that is best for its answers. `before` is the bare base's
    loss on old text; `space` the larger LoRA's file over the fine-tuned model's.
    """
    model, tokenizer = FAR.load(seed)
    large, full = (size_on_disk(RUNS[run][1].build(model, tokenizer, seed)) for run in ("far_lora", "far_full"))
    return outcomes(seed, *APPROACHING) | at_lower_rates(seed, *SLOWER) | {
        "near_before": old_domain_loss(*NEAR.load(seed), n_documents=OLD),
        "far_before": old_domain_loss(model, tokenizer, n_documents=OLD), "space": large / full}


@approaches.told
def tell_approaches(f: Figures) -> str:
    """The shares, the loss on old text, what LoRA forgets less by at each rate of full fine-tuning, and the space."""
    apart = {where: ", ".join(f"{(f[f'{where}_lora_old'] - f[f'{run}_old']).mean:+.2f}" for run in runs)
             for where, runs in RATES.items()}
    runs = [run for where, at_rates in RATES.items() for run in (*at_rates, f"{where}_lora")]
    return (f"{right(f, *runs)} On old text LoRA is so many nats from full fine-tuning at these rates: near "
            f"{apart['near']}, far {apart['far']}. Before training the loss on old text is "
            f"{f['near_before'].mean:.2f} and {f['far_before'].mean:.2f} nats a token. The file of the larger LoRA has "
            f"{percent(f['space'].mean)} of the bytes.")


@claim("C19", "It matches full fine-tuning in many settings", (GUIDE, LOREFT), lesson="07", tolerance=0.1, models=BASES,
       question="Are LoRA and adapters within 5 points of full fine-tuning?", asks=close(*MATCHING),
       figures=figures_of(*with_full(*MATCHING)),
       turned="It held with a limit: of 512 questions, after 120 steps, adapters answered fewer. No method was done "
              "learning there, and no rate was searched for; questions were not asked again.")
def matches(seed: int) -> dict[str, float]:
    """Full fine-tuning, LoRA and adapters, near and far; far for longer, and with more rank and width."""
    return outcomes(seed, *with_full(*MATCHING))


@claim("C20", "It lags where the task is far from pretraining", (GUIDE,), lesson="07", tolerance=0.1, models=BASES,
       question="Far from pretraining, is full fine-tuning ahead by more than 5 points?",
       asks={in_place(run): more(lambda f, run=run: f[FULL[where(run)]] - f[run], CLOSE) for run in LAGGING},
       figures=figures_of(*with_full(*LAGGING)),
       turned="It held, and so we taught it: small parts had fallen far behind after a short training, at rates at "
              "which runs collapsed. Trained for longer, with more rank and searched rates, they are close.")
def lags(seed: int) -> dict[str, float]:
    """Full fine-tuning, LoRA and adapters on the early base: after few steps, and at the end, by rank and width."""
    return outcomes(seed, *with_full(*LAGGING))


@claim("C33", "Small bottleneck modules on a frozen base are enough", (GUIDE, WIKIPEDIA, LOREFT), lesson="07",
       tolerance=0.1, models=BASES, question="Are adapters within 5 points of full fine-tuning?",
       asks=close(*BOTTLENECKS),
       figures=(*figures_of(*with_full(*BOTTLENECKS)), *(f"{run}_share" for run in BOTTLENECKS)))
def bottlenecks(seed: int) -> dict[str, float]:
    """Adapters near and far, and the share of the model's parameters that they train."""
    return outcomes(seed, *with_full(*BOTTLENECKS)) | {f"{run}_share": share_trained(run) for run in BOTTLENECKS}


@claim("C24", "A model with billions of parameters is tuned with a few million", (WIKIPEDIA,), lesson="06",
       tolerance=0.1, models=BASES, every=False, asks=close(*SMALL),
       question="Is LoRA that trains a few hundredths of the parameters within 5 points of full fine-tuning?",
       turned="It held with a limit, more than a hundredth was needed: rank 1 had the rate of higher ranks, and broke "
              "down with some seeds.",
       figures=(*figures_of(*with_full(*SMALL)), *(f"{run}_share" for run in SMALL)))
def few_parameters(seed: int) -> dict[str, float]:
    """LoRA of a low rank, near and far, and the share of the model's parameters that it trains."""
    return outcomes(seed, *with_full(*SMALL)) | {f"{run}_share": share_trained(run) for run in SMALL}


@matches.told
def tell_matches(f: Figures) -> str:
    """The shares, and the loss on old text."""
    return right(f, *with_full(*MATCHING))


@lags.told
def tell_lags(f: Figures) -> str:
    """The shares, and the loss on old text."""
    return right(f, *with_full(*LAGGING))


def trained_shares(f: Figures, *runs: str) -> str:
    """The shares of right answers, and of the parameters that are trained."""
    return right(f, *with_full(*runs)) + " Trained are " + " and ".join(
        f"{100 * f[f'{run}_share'].mean:.1f} % of the parameters ({in_words(run)})" for run in runs) + "."


@bottlenecks.told
def tell_bottlenecks(f: Figures) -> str:
    """The shares, and how much is trained."""
    return trained_shares(f, *BOTTLENECKS)


@few_parameters.told
def tell_few_parameters(f: Figures) -> str:
    """The shares, and how much is trained."""
    return trained_shares(f, *SMALL)
