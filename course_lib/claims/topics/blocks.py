"""Which block to tune, where the inputs changed and where the labels did."""
from course_lib.claims.claim import WIKIPEDIA, Figures, claim, more, share
from course_lib.experiments.blocks import BLOCK_LABELS, SHIFTS, STEPS, which_block

ENDS, PARTS = ("block 1", "block 4"), ("before", "block_1", "block_4")


def last_ahead(of: str):
    """By how much tuning the last block, with the early ones frozen, is ahead of tuning the first."""
    return more(lambda f: f[f"{of}_block_4"] - f[f"{of}_block_1"], 0.03)


@claim("C13", "In some architectures the early layers are kept frozen", (WIKIPEDIA,), lesson="03", tolerance=0.1,
       question="Is tuning the last block, the early ones frozen, ahead of tuning the first?",
       turned="It held with a limit, on runs of block 1 that had collapsed, at too high a rate in too few steps. It "
              "does so again, with rates that were searched for each block.",
       asks={f"the inputs changed, {STEPS} steps": last_ahead("input"),
             f"the labels changed, {STEPS} steps": last_ahead("label")},
       figures=("own", *(f"{shift}_{part}" for shift in SHIFTS for part in PARTS)))
def early_frozen(seed: int) -> dict[str, float]:
    """A tuned model under each shift: as it is, and with its first or its last block tuned, each at its own rate."""
    return which_block(seed, parts=ENDS)


@early_frozen.told
def tell_early_frozen(f: Figures) -> str:
    """The shares."""
    told = {name: f"{share(f[f'{name}_before'])} before, {share(f[f'{name}_block_1'])} with block 1 tuned, "
                  f"{share(f[f'{name}_block_4'])} with block 4" for name in SHIFTS}
    return (f"With {BLOCK_LABELS} labels, another input: {told['input']}; another label: {told['label']}. Block 4 "
            "against block 1:")
