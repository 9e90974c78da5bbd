"""Which block to tune, where the inputs changed and where the labels did."""
from course_lib.claims.claim import WIKIPEDIA, Figures, claim, more, share
from course_lib.experiments.blocks import which_block

BLOCKS = tuple(f"block_{n}" for n in range(1, 5))


early_frozen = claim(
    "C13", "In some architectures the early layers are kept frozen", (WIKIPEDIA,), lesson="03", tolerance=0.1,
    question="Is tuning the last block, the early ones frozen, ahead of tuning the first, where the inputs changed?",
    turned="It held with a limit: good advice where the labels changed. But block 1 had collapsed there, at too high a "
           "rate in too few steps: that says nothing of the place.",
    asks={"block 4 against block 1": more(lambda f: f["input_block_4"] - f["input_block_1"], 0.03)},
    figures=("own", *(f"{shift}_{part}" for shift in ("input", "label") for part in ("before", *BLOCKS, "all"))))(
        which_block)


@early_frozen.told
def tell_early_frozen(f: Figures) -> str:
    """What each block wins back; why the other shift decides nothing here."""
    told = {shift: f"{share(f[f'{shift}_before'])} before, then "
                   + ", ".join(f"{share(f[f'{shift}_{block}'])}" for block in BLOCKS) + " with block 1, 2, 3, 4 tuned, "
                   f"{share(f[f'{shift}_all'])} with all" for shift in ("input", "label")}
    return (f"Another input: {told['input']}. Another label, in so few steps that block 1 stays at guessing: "
            f"{told['label']}; that is speed, and not asked here. Where the inputs changed:")
