# %% [markdown] title
# # Exercise 08 · Edits of hidden states, built by hand
#
# Each task is a step up: one line, a formula, the right positions, a module. You build from scratch what [lesson
# 08](../notebooks/08_editing.ipynb) explains. Below each task stands a check. Run it as often as you like: it names
# the likely mistake, and what you have solved is kept. Below the check, your own code meets the model.

# %% start
import torch

from course_lib import evaluate, load_model, load_task
from course_lib.architecture import blocks_of
from course_lib.checks import check, passed
from course_lib.plots import bars, show
from course_lib.world.summing_up import batch_of, favourable, short_reviews, states

model, tokenizer = load_model("orchard-s")
hooks = []                     # what is hung on the model, to be taken down again
blocks = list(blocks_of(model).values())

# %% task 08.1

# %% [markdown] your-vector-question
# With the real model: your vector from the states at the last place after the last block. How many unfavourable
# reviews does it turn round there, at three strengths?

# %% your-vector
if passed("08.1"):
    kinds = [batch_of(tokenizer, short_reviews("train", 60, label=side)[0]) for side in (1, 0)]
    good, bad = (states(model, kind, 1)[-1, :, 0] for kind in kinds)        # each (60, 128)
    v = steering_vector(good, bad)
    grumbling = batch_of(tokenizer, short_reviews("test", 60, label=0)[0])
    for strength in (0, 1, 2):
        push = blocks[-1].register_forward_hook(lambda module, inputs, h, s=strength: h + s * v)
        with torch.no_grad():
            turned = favourable(tokenizer, model(**grumbling).logits)
        push.remove()
        print(f"strength {strength}: {100 * turned:.0f} % called favourable")

# %% task 08.2

# %% [markdown] your-swap-question
# With the real model: the subspace is the one direction of your steering vector. Swap only that, at the same place,
# from favourable reviews into unfavourable ones. The control is a random direction.

# %% your-swap
if passed("08.1") and passed("08.2"):
    cheerful = batch_of(tokenizer, short_reviews("test", 60, label=1)[0])
    h_source = states(model, cheerful, 1)[-1, :, 0]                         # (60, 128)
    random_v = torch.randn(128, generator=torch.Generator().manual_seed(0))
    for name, direction in (("your direction", v), ("a random direction", random_v)):
        R = (direction / direction.norm())[None]                            # (1, 128)

        def swap(module, inputs, h):
            h = h.clone()
            h[:, -1] = interchange(h[:, -1], h_source, R)
            return h

        hook = blocks[-1].register_forward_hook(swap)
        with torch.no_grad():
            turned = favourable(tokenizer, model(**grumbling).logits)
        hook.remove()
        print(f"{name}: {100 * turned:.0f} % called favourable")

# %% task 08.3

# %% [markdown] your-edit-question
# With the real model: your function against the course's LoReFT, on one prompt, with an edit away from its start.

# %% your-edit
if passed("08.3"):
    from course_lib.methods import LoReFT

    loreft, seen = LoReFT(model, layers=[1], rank=2, prefix=2, suffix=2, tied=True), []
    with torch.no_grad():
        loreft.W[0].normal_()
        loreft.b[0].normal_()
        batch = {"input_ids": torch.tensor([tokenizer("peach: drupe\napple:")["input_ids"]])}
        hook = blocks[1].register_forward_hook(lambda module, inputs, h: seen.append(h[0]))
        model(**batch)                                                      # bare
        with loreft.on(model):
            model(**loreft.prepare(batch))                                  # edited
        hook.remove()
        mine = loreft_edit(seen[0], loreft.R[0], loreft.W[0], loreft.b[0], 2, 2)
    print(f"largest difference: {(mine - seen[1]).abs().max():.1e}")

# %% task 08.4

# %% [markdown] your-module-question
# Now put one of your modules after every block of the real model, for the last position of the prompt, and train them
# on labelled reviews. The loop is the plainest there is. Does the loss fall below that of guessing between two words,
# $\ln 2$? The control is the bare model.

# %% your-loss
task = load_task("reviews")


def loss_of(rows):
    """The mean loss of each answer's first token. Padded on the left: all prompts end together."""
    batch = tokenizer(rows["prompt"][:], padding=True, padding_side="left", return_tensors="pt")
    first = [tokenizer(f" {answer}")["input_ids"][0] for answer in rows["answer"]]
    last = model(**{name: batch[name] for name in ("input_ids", "attention_mask")},
                 logits_to_keep=1).logits[:, -1]                            # (B, V)
    return torch.nn.functional.cross_entropy(last, torch.tensor(first))     # (B, V), (B,) -> ()

# %% your-module
if passed("08.4"):
    torch.manual_seed(0)
    edits = torch.nn.ModuleList(LoReFTEdit(128, 4) for _ in blocks)
    model.requires_grad_(False)

    def edit_last(edit):
        """A hook that edits the last position of what a block gives, (B, T, d)."""
        return lambda module, inputs, h: torch.cat([h[:, :-1], edit(h[:, -1])[:, None]], dim=1)

    while hooks:               # of an earlier run of this cell
        hooks.pop().remove()
    hooks += [block.register_forward_hook(edit_last(edit)) for block, edit in zip(blocks, edits)]
    start = {name: value.clone() for name, value in edits.state_dict().items()}
    print(f"{sum(p.numel() for p in edits.parameters()):,} parameters are trained")

# %% your-training
if passed("08.4"):
    edits.load_state_dict(start)   # from there, however often you run this cell
    optimizer = torch.optim.AdamW(edits.parameters(), lr=1e-2, weight_decay=0.0)
    for step in range(32):
        loss = loss_of(task["train"].select(range(16 * step, 16 * step + 16)))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(edits.parameters(), 1.0)
        optimizer.step()
        if step % 8 == 7:
            print(f"step {step + 1:>2}: loss {loss.item():.3f}")

# %% your-measurement
def first_word_right(rows):
    """(right answers, rows): which of the two answer words the last place holds more probable."""
    batch = tokenizer(rows["prompt"][:], padding=True, padding_side="left", return_tensors="pt")
    names = [tokenizer(f" {name}")["input_ids"][0] for name in ("negative", "positive")]
    with torch.no_grad():
        last = model(**{name: batch[name] for name in ("input_ids", "attention_mask")},
                     logits_to_keep=1).logits[:, -1, names]                 # (B, 2)
    return (last.argmax(1) == torch.tensor(rows["label"][:])).sum().item(), len(rows)


if passed("08.4"):
    test = task["test"].select(range(150))
    edited, n = first_word_right(test)

# %% your-picture
if passed("08.4"):
    for hook in hooks:
        hook.remove()
    shares = {"bare base": evaluate(model, tokenizer, test)["accuracy"], "your edits": edited / n}
    told = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
    show(bars(list(shares), list(shares.values()), limit=1, highlight=["your edits"],
              x_label="share of right answers"),
         alt=f"Bars with the share of right answers: {told}.",
         caption=f"n = {n} test reviews, one run.")

# %% [markdown] end
# You have steered, swapped and edited hidden states with code of your own. To see what you have solved so far, run
# `%run -m course_lib.cli progress` in a cell.
