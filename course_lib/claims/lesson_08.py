"""How lesson 08's claims are judged. What is measured for them stands in measures/lesson_08*.py."""
from course_lib.claims import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share
from course_lib.display import percent

measures, edits, hidden, das = Measures("08"), Measures("08_edits"), Measures("08_states"), Measures("08_das")
SHORT, LONG = 40, 120            # steps
LOREFT_RATES = {"reviews": 1e-2, "spam": 3e-3, "stars": 1e-2}   # each chosen from 0.003, 0.01, 0.03
LORA_RATES = {"reviews": 1e-2, "spam": 3e-3, "stars": 1e-2}     # each chosen from 0.003, 0.01, 0.03
LORA = {"rank": 1, "alpha": 2, "targets": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")}
SMALL_LORA, SMALL_LORA_RATE = LORA | {"targets": ("o_proj",)}, 1e-2   # chosen from 0.01, 0.03, and from q_proj, o_proj
RED_RATE = 3e-2                  # chosen from 0.003, 0.01, 0.03, 0.1, 0.3
DAS_RATE, DAS_STEPS = 1e-1, 40   # chosen from 0.01, 0.03, 0.1, 0.3, which do equally well on every width
STRENGTHS = (0.5, 1.0, 1.5, 2.0, 3.0)  # of steering; the measurement chooses among them, on validation
CLOSE = 0.05                     # accuracies nearer to each other than this are called about equal
CLEAR = 0.1                      # an effect is at least this far from its control
FEW = 0.01                       # "under 1 %"
ROUNDING = 1e-4
RANK = 4                         # LoReFT's own
PAPER = (                        # Wu et al. 2024, v3, tables 1 to 4: what, model, LoRA, LoReFT
    ("commonsense, accuracy", "LLaMA-7B", 74.7, 80.2), ("arithmetic, accuracy", "LLaMA-7B", 46.9, 42.6),
    ("Alpaca-Eval, win rate", "Llama-2 7B", 81.48, 85.60), ("GLUE, average", "RoBERTa-base", 84.7, 84.2))


def judge_probes(f: Figures) -> Verdict:
    """Holds where a linear probe reads much more from the trained model than from a random one, and than from words."""
    because = (f"A linear probe after the last block tells the side of {share(f['trained'])} of the reviews; with "
               f"random weights the best of all places and blocks tells {share(f['random'])}, and a bag of words "
               f"{share(f['words'])}.")
    control = max(f["random"].mean, f["words"].mean)
    if f["trained"].mean - control >= CLEAR:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " What the probe reads was not learned in pretraining.")


def judge_edited_share(f: Figures) -> Verdict:
    """Holds where every setting edits under 1 %, with a limit where one of them does."""
    because = (f"One position of one block is {100 * f['last_block'].mean:.2f} % of the hidden states of a prompt of "
               f"{f['tokens'].mean:.0f} tokens; the first and the last position of every block, this course's default, "
               f"are {100 * f['ours'].mean:.1f} %; the paper's first seven and last seven of every block are "
               f"{percent(f['paper'].mean)} of a prompt of 100 tokens.")
    settings = [f[name].mean for name in ("last_block", "ours", "paper")]
    if max(settings) < FEW:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if min(settings) < FEW else FAILS, because + " It depends on the setting.")


def judge_row_space(f: Figures) -> Verdict:
    """Holds where the edit has nothing outside of the rows of R and no weight changed."""
    because = (f"Of a trained edit {100 * f['outside'].mean:.4f} % lies outside of the {RANK} rows of R, and "
               f"{percent(f['elsewhere'].mean)} or more outside of {RANK} random directions; the edits of all texts "
               f"have rank {f['rank'].mean:.0f} together, and the hash of the weights is "
               f"{'another one' if f['changed'].mean else 'the same'}.")
    exact = f["outside"].mean < ROUNDING < f["elsewhere"].mean and f["rank"].mean <= RANK and f["changed"].mean == 0
    return Verdict(HOLDS if exact else FAILS, because)


GRID = {  # name: (what, settings, learning rate, each chosen from 0.003, 0.01)
    "default": ("the default", {}, 1e-2),
    "first_only": ("first position only", {"suffix": 0}, 1e-2),
    "last_only": ("last position only", {"prefix": 0}, 1e-2),
    "three_places": ("first 3 and last 3", {"prefix": 3, "suffix": 3}, 1e-2),
    "one_block": ("third block alone", {"layers": [2]}, 1e-2),
    "last_block": ("last block alone", {"layers": [3]}, 1e-2),
    "rank_1": ("rank 1", {"rank": 1}, 1e-2), "rank_16": ("rank 16", {"rank": 16}, 1e-2),
    "tied": ("one edit for both", {"tied": True}, 1e-2)}


def judge_grid(f: Figures) -> Verdict:
    """Holds where at least one of the settings matters."""
    because = "; ".join(f"{name} {share(f[key])}" for key, (name, _, _) in GRID.items()) + "."
    means = [f[key].mean for key in GRID]
    if max(means) - min(means) >= CLOSE:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " They can be set, and here it hardly matters how.")


def judge_disjoint(f: Figures) -> Verdict:
    """Holds where the two interventions of a block share neither a position nor a parameter."""
    because = (f"The edits of a block's first and last positions have {f['both'].mean:.0f} positions, even in prompts "
               f"that are too short for both, and {f['shared'].mean:.0f} parameters in common. On the same vector "
               f"their order would matter: the two orders end {percent(f['order'].mean)} of an edit apart.")
    return Verdict(HOLDS if f["both"].mean == f["shared"].mean == 0 else FAILS, because)


LENGTHS = (16, 64, 128)


def judge_extra_work(f: Figures) -> Verdict:
    """Holds where the extra work is the same whatever the length."""
    told = ", ".join(f"{n} tokens {100 * f[f'extra_{n}'].mean / f[f'base_{n}'].mean:.2f} %" for n in LENGTHS)
    extra = {f[f"extra_{n}"].mean for n in LENGTHS}
    because = (f"To prompts of {LENGTHS[0]} to {LENGTHS[-1]} tokens LoReFT adds "
               f"{' to '.join(f'{one:,.0f}' for one in sorted(extra))} operations; as a share of the model's own, at "
               f"{told}.")
    return Verdict(HOLDS if len(extra) == 1 else FAILS, because)


WIDTHS = ("xs", "s", "m")


def judge_subspaces(f: Figures) -> Verdict:
    """The text: DAS finds causal subspaces even in random models. Holds where it finds the opinion there about as well.

    With a limit where it finds, in a random model, what that model itself says, and not the opinion.
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
    if f["own_trained"].mean >= f["own_subspace"].mean + CLEAR:
        return Verdict(LIMITED, because + " In a random model it finds the direction of that model's own answers, "
                                          "and no opinion.")
    return Verdict(FAILS, because + " In these random models it finds nothing to speak of.")


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


def judge_scale_and_shift(f: Figures) -> Verdict:
    """The text: they match LoRA and do not exceed it. Fails where they exceed the larger LoRA.

    With a limit where they lag behind it, or are not about equal with a LoRA of as many parameters.
    """
    because = (f"RED, {f['red_size'].mean:,.0f} parameters, is right in {share(f['red'])} of the reviews; LoRA on "
               f"every linear layer, {f['lora_size'].mean:,.0f}, in {share(f['lora'])}; LoRA on one a block, "
               f"{f['small_lora_size'].mean:,.0f}, in {share(f['small_lora'])}.")
    ahead, ahead_of_small = (f["red"].mean - f[name].mean for name in ("lora", "small_lora"))
    if ahead >= CLOSE:
        return Verdict(FAILS, because + " It exceeds LoRA here.")
    if ahead <= -CLOSE:
        because += " It does not match the larger LoRA."
    if ahead_of_small >= CLOSE:
        because += " With as many parameters it exceeds LoRA."
    return Verdict(HOLDS if max(abs(ahead), abs(ahead_of_small)) < CLOSE else LIMITED, because)


def judge_causes(f: Figures) -> Verdict:
    """Holds where the swap turns the answer round both ways and no control does; with a limit where it does one way."""
    because = (f"Unfavourable reviews called favourable: {share(f['before'])} as they are; {share(f['swapped'])} with "
               f"a favourable one's state swapped in; {share(f['same'])} with another unfavourable one's; "
               f"{share(f['noise'])} with a random step as long; {share(f['elsewhere'])} with the swap one place "
               f"further. Favourable ones: {share(f['kept'])} as they are, {share(f['back'])} with an unfavourable "
               "one's state.")
    control = max(f[name].mean for name in ("before", "same", "noise", "elsewhere"))
    effects = f["swapped"].mean - control, f["kept"].mean - f["back"].mean
    if min(effects) >= CLEAR:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if max(effects) >= CLEAR else FAILS, because)


def judge_drop_in(f: Figures) -> Verdict:
    """Holds where it trains in the same loop and can be merged, as LoRA; with a limit where it only trains."""
    because = (f"In the same loop LoReFT reaches {share(f['loreft'])} and LoRA {share(f['lora'])}, from "
               f"{share(f['bare'])}. LoRA {'can' if f['lora_merges'].mean else 'cannot'} be merged, LoReFT "
               f"{'can' if f['loreft_merges'].mean else 'cannot'}.")
    if f["loreft"].mean - f["bare"].mean < CLEAR:
        return Verdict(FAILS, because)
    return Verdict(HOLDS if f["loreft_merges"].mean else LIMITED, because)


TASKS = tuple(LORA_RATES)


def judge_against_lora(f: Figures) -> Verdict:
    """The text: editing representations can be better than editing weights. One task suffices for "can"."""
    told = "; ".join(f"{task} {share(f[f'{task}_loreft'])} against {share(f[f'{task}_lora'])}" for task in TASKS)
    because = (f"LoReFT with {f['loreft_size'].mean:,.0f} parameters against LoRA with {f['lora_size'].mean:,.0f}: "
               f"{told}.")
    ahead = [f[f"{task}_loreft"].mean - f[f"{task}_lora"].mean for task in TASKS]
    if min(ahead) >= CLOSE:
        return Verdict(HOLDS, because)
    if max(ahead) >= CLOSE:
        return Verdict(LIMITED, because + " On some tasks, not on all.")
    return Verdict(FAILS, because + " On none of these tasks it is clearly better.")


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
          tuple(GRID), measures.grid, judge_grid, tolerance=0.1),
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
          ("red", "lora", "small_lora", "red_size", "lora_size", "small_lora_size"), measures.scale_and_shift,
          judge_scale_and_shift, tolerance=0.1),
    Claim("C61", "A consistent effect of interchange shows a causal role", (ARTICLE,),
          ("before", "swapped", "same", "noise", "elsewhere", "kept", "back"), hidden.causes, judge_causes,
          core=True, tolerance=0.1),
    Claim("C62", "LoReFT is a drop-in replacement for PEFT", (ARTICLE,),
          ("loreft", "loreft_merges", "lora", "lora_merges", "bare"), measures.drop_in, judge_drop_in, tolerance=0.1),
    Claim("C102", "Editing representations can be better than editing weights", (ARTICLE,),
          ("loreft_size", "lora_size", *(f"{task}_{what}" for task in TASKS for what in ("loreft", "lora"))),
          measures.against_lora, judge_against_lora, tolerance=0.1),
]
