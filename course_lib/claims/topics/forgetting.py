"""Forgetting: how much a training costs of what the base knew, and what decides it."""
from course_lib.claims.claim import GUIDE, Figures, claim, less, more, share
from course_lib.evaluation import old_domain_loss
from course_lib.experiments.forgetting import DOCUMENTS, LENGTHS, LEVEL, SETTING, arms, at_level, path
from course_lib.experiments.near_and_far import FAR, NEAR, OLD, outcomes

NAMES = {"full": "full fine-tuning", "slow": "at a third of its rate", "slower": "at a tenth of it",
         "lora": "LoRA, r = 4", "adapter": "adapters, m = 16"}
SLIGHT = 0.02   # nats a token


@claim("C93", "Fine-tuning makes a model forget what it knew (catastrophic forgetting)", (GUIDE,), lesson="09",
       core=True, tolerance=0.15, models=("orchard-s", "orchard-s-early"),
       question="Is the loss on old text higher after full fine-tuning, near to pretraining and far from it?",
       asks={where: more(lambda f, where=where: f[f"{where}_full_old"] - f[f"{where}_before"], 0.05, "nats")
             for where in ("near", "far")},
       figures=("near_before", "near_full", "near_full_old", "far_before", "far_full", "far_full_old"))
def forgets(seed: int) -> dict[str, float]:
    """The loss on old text before and after full fine-tuning at the rate that is best on the task; right answers."""
    before = {f"{where}_before": old_domain_loss(*setting.load(seed), n_documents=OLD)
              for where, setting in (("near", NEAR), ("far", FAR))}
    return before | outcomes(seed, "near_full", "far_full")


@forgets.told
def tell_forgets(f: Figures) -> str:
    """From what to what."""
    return " ".join(f"{where.capitalize()}: {share(f[f'{where}_full'])} right after {setting.steps} steps; the loss on "
                    f"old text goes from {f[f'{where}_before'].mean:.2f} to {f[f'{where}_full_old'].mean:.2f} nats."
                    for where, setting in (("near", NEAR), ("far", FAR)))


@claim("C27", "LoRA keeps most of what the base model knew", (GUIDE,), lesson="09", core=True, tolerance=0.15,
       question="Once both have learned the task equally well, has LoRA forgotten less than full fine-tuning, and less "
                "than full fine-tuning at a tenth of the rate?",
       asks={"each at the rate that is best on the task": less(
                 lambda f: f["lora_old"] - f["full_old"], SLIGHT, "nats"),
             "full fine-tuning at a tenth of its rate": less(
                 lambda f: f["lora_old"] - f["slower_old"], SLIGHT, "nats")},
       figures=("before", *(f"{name}_{what}" for name in NAMES for what in ("old", "kl", "right"))))
def keeps(seed: int) -> dict[str, float]:
    """At one loss on the task: the loss on old text, and the KL from the base on the task; right answers at the end.

    `before` is the bare base's loss on old text.
    """
    found = {"before": old_domain_loss(*SETTING.load(seed), n_documents=DOCUMENTS)}
    for name, one in arms().items():
        run = path(one, seed)
        losses = [point["loss"] for point in run]
        found |= {f"{name}_{what}": at_level(losses, [point[what] for point in run]) for what in ("old", "kl")}
        found[f"{name}_right"] = run[-1]["right"]
    return found


@keeps.told
def tell_keeps(f: Figures) -> str:
    """Each method at the same loss."""
    told = "; ".join(f"{called} {f[f'{name}_old'].mean:.2f} (at the end {share(f[f'{name}_right'])} right)"
                     for name, called in NAMES.items())
    return (f"Where each has just come to a loss of {LEVEL:g} nats on the task, within {LENGTHS[-1]} steps, the loss "
            f"on old text ({f['before'].mean:.2f} before) is with {told}. LoRA, against:")
