"""How lesson 08's claims are judged: those about hidden states here, those about LoReFT in lesson_08_loreft.py.

What is measured for them stands in measures/lesson_08*.py.
"""
from course_lib.claims.lesson_08_loreft import (
    CLEAR,
    CLOSE,
    GRID,
    LENGTHS,
    TASKS,
    judge_against_lora,
    judge_disjoint,
    judge_drop_in,
    judge_edited_share,
    judge_extra_work,
    judge_grid,
    judge_row_space,
    judge_scale_and_shift,
)
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share

training, edits, hidden, das = Measures("08"), Measures("08_edits"), Measures("08_states"), Measures("08_das")
DAS_RATE, DAS_STEPS = 1e-1, 40   # chosen from 0.01, 0.03, 0.1, 0.3, which do equally well on every width
STRENGTHS = (0.5, 1.0, 1.5, 2.0, 3.0)  # of steering; the measurement chooses among them, on validation
WIDTHS = ("xs", "s", "m")


def judge_probes(f: Figures) -> Verdict:
    """Holds where a linear probe reads much more from the trained model than from a random one, and than from words."""
    because = (f"A linear probe after the last block tells the side of {share(f['trained'])} of the reviews; with "
               f"random weights the best of all places and blocks tells {share(f['random'])}, and a bag of words "
               f"{share(f['words'])}.")
    control = max(f["random"].mean, f["words"].mean)
    if f["trained"].mean - control >= CLEAR:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " What the probe reads was not learned in pretraining.")


def judge_steer(f: Figures) -> Verdict:
    """Holds where most are turned round at hardly any cost; with a limit where fewer are, or old text suffers."""
    because = (f"Of unfavourable reviews the model calls {share(f['before'])} favourable; steered, with the strength "
               f"that validation chose ({f['strength'].mean:.2g}), {share(f['steered'])}; with random vectors as long "
               f"{share(f['control'])} in their mean. The loss on old text goes from {f['loss_before'].mean:.2f} to "
               f"{f['loss_steered'].mean:.2f} nats a token.")
    gain = f["steered"].mean - max(f["before"].mean, f["control"].mean)
    cost = f["loss_steered"].mean - f["loss_before"].mean
    if gain < CLEAR:
        return Verdict(FAILS, because)
    if gain >= 0.5 and cost < 0.1:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED, because + " It controls in part, or at a price.")


def judge_causes(f: Figures) -> Verdict:
    """Holds where the swap turns the answer round both ways and no control does; with a limit where it is one way."""
    because = (f"Unfavourable reviews called favourable: {share(f['before'])} as they are; {share(f['swapped'])} with "
               f"a favourable one's state swapped in; {share(f['same'])} with another unfavourable one's; "
               f"{share(f['noise'])} with a random step as long; {share(f['elsewhere'])} with the swap one place "
               f"further. Favourable ones: {share(f['kept'])} as they are, {share(f['back'])} with an unfavourable "
               "one's state.")
    if f["swapped"].mean - max(f[name].mean for name in ("before", "same", "noise", "elsewhere")) < CLEAR:
        return Verdict(FAILS, because)
    return Verdict(HOLDS if f["kept"].mean - f["back"].mean >= CLEAR else LIMITED, because)


def judge_subspaces(f: Figures) -> Verdict:
    """The text: DAS finds causal subspaces even in random models. Holds where it finds the opinion there about as well.

    With a limit where it finds something of it there, or else what that random model itself says.
    """
    told = "; ".join(f"orchard-{size} {share(f[f'trained_{size}'])} (an untrained direction "
                     f"{share(f[f'subspace_{size}'])}, random weights {share(f[f'random_{size}'])}, the whole vector "
                     f"{share(f[f'whole_{size}'])})" for size in WIDTHS)
    because = (f"Interchange accuracy of one trained direction: {told}. Random weights, 64 directions: "
               f"{share(f['random_rank_64'])}. Asked for what the random model itself says of the source: "
               f"{share(f['own_trained'])}, untrained {share(f['own_subspace'])}.")
    random = max(f[name].mean for name in (*(f"random_{size}" for size in WIDTHS), "random_rank_64"))
    if random >= max(f[f"trained_{size}"].mean for size in WIDTHS) - CLOSE:
        return Verdict(HOLDS, because)
    if random >= max(f[f"subspace_{size}"].mean for size in WIDTHS) + CLEAR:
        return Verdict(LIMITED, because + " In a random model it finds something, and far less.")
    if f["own_trained"].mean >= f["own_subspace"].mean + CLEAR:
        return Verdict(LIMITED, because + " In a random model it finds the direction of that model's own answers, "
                                          "and no opinion.")
    return Verdict(FAILS, because + " In these random models it finds nothing to speak of.")


WIKIPEDIA, ARTICLE = "Wikipedia", "Unite.AI LoReFT"
BOTH = (WIKIPEDIA, ARTICLE)
CLAIMS = [
    Claim("C47", "Concepts live in linear subspaces of the hidden states", BOTH, ("trained", "random", "words"),
          hidden.probes, judge_probes, core=True, tolerance=0.1),
    Claim("C48", "The base is frozen, and under 1 % of the representations are edited", BOTH,
          ("ours", "last_block", "paper", "tokens"), edits.edited_share, judge_edited_share, core=True,
          tolerance=1e-3),
    Claim("C49", "LoReFT edits within a subspace of rank r: LoRA's counterpart", BOTH,
          ("outside", "elsewhere", "rank", "changed"), edits.row_space, judge_row_space, core=True, tolerance=1e-3),
    Claim("C50", "Four hyperparameters: prefix and suffix positions, layers, and whether edits are tied", (ARTICLE,),
          tuple(GRID), training.grid, judge_grid, tolerance=0.1),
    Claim("C51", "Interventions on one layer act on disjoint positions with independent parameters", (ARTICLE,),
          ("both", "shared", "order"), edits.disjoint, judge_disjoint, tolerance=0.1),
    Claim("C52", "A fixed extra cost at inference, whatever the prompt's length", (ARTICLE,),
          (*(f"base_{n}" for n in LENGTHS), *(f"extra_{n}" for n in LENGTHS)), edits.extra_work, judge_extra_work,
          tolerance=0.0),
    Claim("C58", "DAS finds causal subspaces even in random models", (ARTICLE,),
          (*(f"{what}_{size}" for size in WIDTHS for what in ("subspace", "trained", "whole", "random")),
           "random_rank_64", "own_subspace", "own_trained"),
          das.subspaces, judge_subspaces, core=True, tolerance=0.1,
          models=("orchard-xs", "orchard-s", "orchard-m")),
    Claim("C59", "Fixed steering vectors control a model without training", (ARTICLE,),
          ("strength", "before", "steered", "control", "loss_before", "loss_steered"), hidden.steer, judge_steer,
          core=True, tolerance=0.1),
    Claim("C60", "Learned scale-and-shift edits match LoRA and do not exceed it", (ARTICLE,),
          ("red", "lora", "small_lora", "red_size", "lora_size", "small_lora_size"), training.scale_and_shift,
          judge_scale_and_shift, tolerance=0.1),
    Claim("C61", "A consistent effect of interchange shows a causal role", (ARTICLE,),
          ("before", "swapped", "same", "noise", "elsewhere", "kept", "back"), hidden.causes, judge_causes,
          core=True, tolerance=0.1),
    Claim("C62", "LoReFT is a drop-in replacement for PEFT", (ARTICLE,),
          ("loreft", "loreft_merges", "lora", "lora_merges", "bare"), training.drop_in, judge_drop_in, tolerance=0.1),
    Claim("C102", "Editing representations can be better than editing weights", (ARTICLE,),
          ("loreft_size", "lora_size", *(f"{task}_{what}" for task in TASKS for what in ("loreft", "lora"))),
          training.against_lora, judge_against_lora, tolerance=0.1),
]
