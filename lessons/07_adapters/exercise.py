# %% [markdown] title
# # Exercise 07 · Adapters and four bits, built by hand
#
# Each task is a step up: one line, a function, another function, and a class that holds a matrix in four bits a
# number. You build from scratch what [lesson 07](../notebooks/07_adapters.ipynb) explains. Below each task stands a
# check. Run it as often as you like: it names the likely mistake, and what you have solved is kept. Below the check,
# your own code meets the model.

# %% start
import torch

from course_lib import load_model, load_task
from course_lib.checks import check, passed
from course_lib.methods import Adapter

model, tokenizer = load_model("orchard-s")
task = load_task("reviews")

# %% task 07.1

# %% [markdown] your-step-question
# With the real model: your count, all matrices trained and all frozen, as under LoRA. How many times fewer operations
# is that? (LoRA's own matrices, attention and the output layer come on top; so the lesson counted a little less.)

# %% your-step
if passed("07.1"):
    shapes = [tuple(weight.shape) for name, weight in model.named_parameters()
              if ".layers." in name and weight.dim() == 2]
    full, frozen = (step_operations(shapes, [trained] * len(shapes), 16 * 60)
                    for trained in (True, False))
    print(f"trained {full / 1e6:,.0f} million, frozen {frozen / 1e6:,.0f} million: "
          f"{full / frozen:.2f} times")

# %% task 07.2

# %% [markdown] your-adapter-question
# With the real model: what does its first attention layer say with an adapter behind it? Your function against the
# course's `Adapter`.

# %% your-adapter
if passed("07.2"):
    adapter = Adapter(model, bottleneck=4)
    layer, down, up = model.get_submodule(adapter.sites[0]), adapter.down[0], adapter.up[0]
    with torch.no_grad():
        up.weight.normal_(std=0.1)
        ids = torch.tensor(tokenizer("peach: drupe\napple:")["input_ids"])
        x = model.get_input_embeddings()(ids)                               # (T,) -> (T, 128)
        with adapter.on(model):
            theirs = layer(x)                                               # (T, 128)
        mine = series_adapter(x, layer.weight, down.weight, down.bias, up.weight, up.bias)
    print(f"largest difference: {(mine - theirs).abs().max():.1e}")

# %% task 07.3

# %% [markdown] your-codes-question
# With a real matrix: how far does your rounding move it, with NF4's levels and with evenly spaced ones, for blocks of
# several sizes?

# %% your-codes
if passed("07.3"):
    from course_lib.quantise import int4_levels, nf4_levels

    numbers = model.get_submodule("model.layers.1.self_attn.q_proj").weight.detach().flatten()
    for block in (16, 64, 256):
        for name, levels in (("NF4", nf4_levels()), ("int4", int4_levels())):
            codes, scales = to_codes(numbers, levels, block)
            back = levels[codes] * scales.repeat_interleave(block)[:len(numbers)]
            moved = ((back - numbers).norm() / numbers.norm()).item()
            print(f"blocks of {block:>3}, {name:4}: moved by {100 * moved:.1f} % of its size")

# %% task 07.4

# %% [markdown] your-model-question
# Now the whole model: put your four bits in place of every matrix in its blocks, and look at the loss on ordinary text
# before and after. What do its matrices weigh now?

# %% your-model
if passed("07.3") and passed("07.4"):
    from course_lib.evaluation import old_domain_loss

    coded, _ = load_model("orchard-s")
    before, floats, bytes_now = old_domain_loss(coded, tokenizer, n_documents=60), 0, 0
    for name, weight in coded.named_parameters():
        if ".layers." in name and weight.dim() == 2:
            codes, scales = to_codes(weight.detach().flatten(), nf4_levels(), 64)
            held = FourBits(codes, scales, nf4_levels(), 64, tuple(weight.shape))
            floats += weight.nbytes
            bytes_now += held.packed.nbytes + scales.nbytes
            with torch.no_grad():
                weight.copy_(held.weight())
    after = old_domain_loss(coded, tokenizer, n_documents=60)
    print(f"{floats / 1e3:,.0f} KB -> {bytes_now / 1e3:,.0f} KB; loss {before:.3f} -> {after:.3f}")

# %% [markdown] end
# You have counted a step, built an adapter, rounded a matrix and packed it. To see what you have solved so far, run
# `%run -m course_lib.cli progress` in a cell.
