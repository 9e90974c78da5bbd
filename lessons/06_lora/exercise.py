# %% [markdown] title
# # Exercise 06 · LoRA, built by hand
#
# Each task is a step up: one line, a function, a layer, and what merges it. You build from scratch what
# [lesson 06](../notebooks/06_lora.ipynb) explains. Below each task stands a check. Run it as often as you
# like: it names the likely mistake, and what you have solved is kept. Below the check, your own code meets
# the model.

# %% start
import torch

from course_lib import evaluate, load_model, load_task
from course_lib.checks import check, passed
from course_lib.methods import LoRA
from course_lib.plots import bars, show

model, tokenizer = load_model("orchard-s")
task = load_task("reviews")

# %% task 06.1

# %% [markdown] your-count-question
# With the real model: your formula against what the course's LoRA really trains, for several ranks.

# %% your-count
if passed("06.1"):
    shapes = [tuple(module.weight.shape) for name, module in model.named_modules()
              if name.endswith(("q_proj", "v_proj"))]
    for rank in (1, 4, 16):
        counted = sum(parameter.numel() for parameter in LoRA(model, rank=rank).parameters())
        print(f"r = {rank:>2}: yours {lora_parameters(shapes, rank):>6,}   counted {counted:>6,}")

# %% task 06.2

# %% [markdown] your-forward-question
# With the real model: what does its first query layer say to real tokens? Your function against the course's
# LoRA, at a rank and an alpha that differ.

# %% your-forward
if passed("06.2"):
    lora = LoRA(model, ("layers.0.self_attn.q_proj",), rank=4, alpha=10)
    layer = model.get_submodule(lora.sites[0])
    with torch.no_grad():
        lora.B[0].normal_(std=0.1)
        ids = torch.tensor(tokenizer("peach: drupe\napple:")["input_ids"])
        x = model.get_input_embeddings()(ids)                               # (T,) -> (T, 128)
        with lora.on(model):
            theirs = layer(x)                                               # (T, 128)
        mine = lora_forward(x, layer.weight, lora.A[0], lora.B[0], 10)
    print(f"largest difference: {(mine - theirs).abs().max():.1e}")

# %% task 06.3

# %% [markdown] your-layer-question
# Now put your layer into the real model, in place of every linear layer of its blocks, and train it on labelled
# reviews. The loop is the plainest there is: a batch, the loss on the label's first token, a step. Does the
# loss fall below that of guessing between two words, $\ln 2$? The control is the bare model.

# %% your-layer
def places(model):
    """(the module that holds it, its name) of every linear layer in the blocks."""
    for block in model.model.layers:
        yield from ((block.self_attn, name) for name in ("q_proj", "k_proj", "v_proj", "o_proj"))
        yield from ((block.mlp, name) for name in ("gate_proj", "up_proj", "down_proj"))


def put_in(model, rank=4, alpha=8):
    """Your layer in place of every linear layer of the blocks; returns what is trained."""
    model.requires_grad_(False)
    for holder, name in list(places(model)):
        setattr(holder, name, LoRALinear(getattr(holder, name), rank, alpha))
    return [parameter for parameter in model.parameters() if parameter.requires_grad]

# %% your-loss
def loss_of(model, rows):
    """The mean loss of each answer's first token. Padded on the left: all prompts end together."""
    batch = tokenizer(rows["prompt"][:], padding=True, padding_side="left", return_tensors="pt")
    first = [tokenizer(f" {answer}")["input_ids"][0] for answer in rows["answer"]]
    last = model(**{name: batch[name] for name in ("input_ids", "attention_mask")},
                 logits_to_keep=1).logits[:, -1]                            # (B, V)
    return torch.nn.functional.cross_entropy(last, torch.tensor(first))     # (B, V), (B,) -> ()

# %% your-training
if passed("06.3"):
    torch.manual_seed(0)
    tuned, _ = load_model("orchard-s")
    trained = put_in(tuned)
    print(f"{sum(p.numel() for p in trained):,} parameters are trained")
    optimizer = torch.optim.AdamW(trained, lr=3e-3, weight_decay=0.0)
    for step in range(32):
        part = task["train"].select(range(16 * step, 16 * step + 16))
        loss = loss_of(tuned, part)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        if step % 8 == 7:
            print(f"step {step + 1:>2}: loss {loss.item():.3f}")

# %% your-measurement
if passed("06.3"):
    test = task["test"].select(range(200))
    found = {name: evaluate(one, tokenizer, test)
             for name, one in (("bare base", model), ("your LoRA", tuned))}
    told = ", ".join(f"{name} {one['accuracy']:.2f}" for name, one in found.items())
    show(bars(list(found), [one["accuracy"] for one in found.values()],
              [(one["low"], one["high"]) for one in found.values()], limit=1,
              highlight=["your LoRA"], x_label="share of right answers"),
         alt=f"Bars with the share of right answers: {told}.",
         caption=f"n = {len(test)} test reviews, half of them positive. Lines: 95 % intervals.")

# %% task 06.4

# %% [markdown] your-merge-question
# Merge what you have just trained: does your merged model say the same without your layers? And is the base
# back to the last bit afterwards?

# %% your-merge
if passed("06.3") and passed("06.4"):
    from course_lib.models import weights_hash

    base, _ = load_model("orchard-s")                       # to be merged into, and back
    mergers, ids = [], torch.tensor([tokenizer("An apple is")["input_ids"]])
    for (plain, name), (holder, _) in zip(places(base), places(tuned)):
        mine, weight = getattr(holder, name), getattr(plain, name).weight.data
        mergers.append(Merger(weight, mine.A.detach(), mine.B.detach(), alpha=8))
    with torch.no_grad():
        for merger in mergers:
            merger.merge()
        apart = (base(ids).logits - tuned(ids).logits).abs().max()
        for merger in mergers:
            merger.unmerge()
    print(f"merged against your layers, largest difference: {apart:.1e}")
    print("back to the last bit:", weights_hash(base) == weights_hash(model))

# %% [markdown] end
# You have counted, computed, built, trained and merged a LoRA. To see what you have solved so far, run
# `%run -m course_lib.cli progress` in a cell.
