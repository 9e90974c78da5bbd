"""How lesson 08's claims about LoReFT, and what it is compared with, are judged. See lesson_08.py."""
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Figures, Verdict, share
from course_lib.display import percent

SHORT, LONG = 40, 120            # steps
LOREFT_RATES = {"reviews": 1e-2, "spam": 3e-3, "stars": 3e-2}   # each chosen from 0.003, 0.01, 0.03
LORA_RATES = {"reviews": 1e-2, "spam": 3e-3, "stars": 3e-3}     # each chosen from 0.003, 0.01, 0.03
LORA = {"rank": 1, "alpha": 2, "targets": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")}
SMALL_LORA, SMALL_LORA_RATE = LORA | {"targets": ("o_proj",)}, 1e-2   # chosen from 0.01, 0.03, and from q_proj, o_proj
RED_RATE = 3e-2                  # chosen from 0.003, 0.01, 0.03, 0.1, 0.3
GRID = {  # name: (what, settings, learning rate). The second's and third's from 0.003, 0.01; else the default's
    "default": ("the default", {}, 1e-2),
    "first_only": ("first position only", {"suffix": 0}, 1e-2),
    "three_places": ("first 3 and last 3", {"prefix": 3, "suffix": 3}, 3e-3),
    "last_only": ("last position only", {"prefix": 0}, 1e-2),
    "one_block": ("third block alone", {"layers": [2]}, 1e-2),
    "rank_1": ("rank 1", {"rank": 1}, 1e-2), "rank_16": ("rank 16", {"rank": 16}, 1e-2),
    "tied": ("one edit for both", {"tied": True}, 1e-2)}
LENGTHS = (16, 64, 128)          # tokens
TASKS = tuple(LORA_RATES)
RANK = 4                         # LoReFT's own
PAPER_PLACES, PAPER_TOKENS = 7, 100   # its commonsense runs: positions at each end; the prompt they are a share of
FEW = 0.01                       # "under 1 %"
ROUNDING = 1e-4
CLOSE = 0.05                     # accuracies nearer to each other than this are called about equal
CLEAR = 0.1                      # an effect is at least this far from its control
PAPER = (                        # Wu et al. 2024, v3: what, model, LoRA, LoReFT
    ("Table 1: commonsense, accuracy", "LLaMA-7B", 74.7, 80.2),
    ("Table 2: arithmetic, accuracy", "LLaMA-7B", 46.9, 42.6),
    ("Table 3: Alpaca-Eval, win rate", "Llama-2 7B", 81.48, 85.60), ("Table 4: GLUE", "RoBERTa-base", 84.7, 84.2))


def judge_edited_share(f: Figures) -> Verdict:
    """Holds where every setting edits under 1 %, with a limit where one of them does."""
    because = (f"One position of one block is {100 * f['last_block'].mean:.2f} % of the hidden states of a prompt of "
               f"{f['tokens'].mean:.0f} tokens; the first and the last position of every block, this course's default, "
               f"are {100 * f['ours'].mean:.1f} %; the paper's first {PAPER_PLACES} and last {PAPER_PLACES} of every "
               f"block are {percent(f['paper'].mean)} of a prompt of {PAPER_TOKENS} tokens.")
    settings = [f[name].mean for name in ("last_block", "ours", "paper")]
    if max(settings) < FEW:
        return Verdict(HOLDS, because)
    if min(settings) < FEW:
        return Verdict(LIMITED, because + " It depends on the setting.")
    return Verdict(FAILS, because)


def judge_row_space(f: Figures) -> Verdict:
    """Holds where the edit has nothing outside of the rows of R and no weight changed."""
    because = (f"Of a trained edit {100 * f['outside'].mean:.4f} % lies outside of the {RANK} rows of R, and "
               f"{percent(f['elsewhere'].mean)} or more outside of {RANK} random directions; the edits of all texts "
               f"have rank {f['rank'].mean:.0f} together, and the hash of the weights is "
               f"{'another one' if f['changed'].mean else 'the same'}.")
    exact = f["outside"].mean < ROUNDING < f["elsewhere"].mean and f["rank"].mean <= RANK and f["changed"].mean == 0
    return Verdict(HOLDS if exact else FAILS, because)


def judge_disjoint(f: Figures) -> Verdict:
    """Holds where the two interventions of a block share neither a position nor a parameter."""
    because = (f"The edits of a block's first and last positions have {f['both'].mean:.0f} positions, even in prompts "
               f"that are too short for both, and {f['shared'].mean:.0f} parameters in common. On the same vector "
               f"their order would matter: the two orders end {percent(f['order'].mean)} of an edit apart.")
    return Verdict(HOLDS if f["both"].mean == f["shared"].mean == 0 else FAILS, because)


def judge_extra_work(f: Figures) -> Verdict:
    """Holds where the extra work is the same whatever the length."""
    told = ", ".join(f"{n} tokens {100 * f[f'extra_{n}'].mean / f[f'base_{n}'].mean:.2f} %" for n in LENGTHS)
    extra = {f[f"extra_{n}"].mean for n in LENGTHS}
    because = (f"To prompts of {LENGTHS[0]} to {LENGTHS[-1]} tokens LoReFT adds "
               f"{' to '.join(f'{one:,.0f}' for one in sorted(extra))} operations; as a share of the model's own, at "
               f"{told}.")
    return Verdict(HOLDS if len(extra) == 1 else FAILS, because)


def judge_grid(f: Figures) -> Verdict:
    """Holds where at least one of the settings matters."""
    because = "; ".join(f"{name} {share(f[key])}" for key, (name, _, _) in GRID.items()) + "."
    means = [f[key].mean for key in GRID]
    if max(means) - min(means) >= CLOSE:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " They can be set, and here it hardly matters how.")


def judge_drop_in(f: Figures) -> Verdict:
    """Holds where it trains in the same loop and can be merged, as LoRA; with a limit where it only trains."""
    because = (f"In the same loop LoReFT reaches {share(f['loreft'])} and LoRA {share(f['lora'])}, from "
               f"{share(f['bare'])}. LoRA {'can' if f['lora_merges'].mean else 'cannot'} be merged, LoReFT "
               f"{'can' if f['loreft_merges'].mean else 'cannot'}.")
    if f["loreft"].mean - f["bare"].mean < CLEAR:
        return Verdict(FAILS, because)
    return Verdict(HOLDS if f["loreft_merges"].mean else LIMITED, because)


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
    if abs(ahead_of_small) < CLOSE:
        because += " With as many parameters they are about equal."
    elif ahead_of_small > 0:
        because += " With as many parameters it exceeds LoRA."
    else:
        because += " With as many parameters LoRA is ahead of it, too."
    return Verdict(HOLDS if max(abs(ahead), abs(ahead_of_small)) < CLOSE else LIMITED, because)
