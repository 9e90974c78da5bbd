# %% [markdown] statement
# ## Task 05.2 · The whole of `prepare`
#
# Now build what the model reads. You get
#
# - `prompt`, shape `(P, d)`: the trained vectors;
# - `table`, shape `(V, d)`: the embedding of every token;
# - `batch`, a dict with `input_ids`, `attention_mask` and `labels`, each of shape `(B, T)`. Shorter texts are
#   padded on the left, where the mask is 0.
#
# Return a dict with `inputs_embeds`, shape `(B, P + T, d)`, and with `attention_mask`, `labels` and
# `position_ids`, whole numbers, each of shape `(B, P + T)`. A position counts what may be seen before it, from 0 on;
# padding counts for nothing (`cumsum` of the mask helps). The prompt is trained through what you return, and the
# batch stays as it is. You may call your `lengthen`.

# %% stub
import torch


def prepare(prompt: torch.Tensor, table: torch.Tensor, batch: dict) -> dict:
    """What the model reads, with the P vectors of `prompt` before every text of the batch."""
    raise NotImplementedError

# %% reference
import torch


def prepare(prompt: torch.Tensor, table: torch.Tensor, batch: dict) -> dict:
    """What the model reads, with the P vectors of `prompt` before every text of the batch."""
    B, P = len(batch["input_ids"]), len(prompt)
    text = table[batch["input_ids"]]                                        # (B, T) -> (B, T, d)
    vectors = torch.cat([prompt.expand(B, -1, -1), text], dim=1)            # (B, P + T, d)
    seen = torch.ones(B, P, dtype=torch.long)
    mask = torch.cat([seen, batch["attention_mask"]], dim=1)                # (B, P + T)
    labels = torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1)  # (B, P + T)
    positions = mask.cumsum(dim=1) - 1                                      # (B, P + T)
    return {"inputs_embeds": vectors, "attention_mask": mask, "labels": labels,
            "position_ids": positions}

# %% checks
import random

import torch

TASK = "05.2"
TOLERANCE = 1e-5
DRAWS = 4
GRADIENTS = ("prompt",)  # the table belongs to the frozen model


def draw(seed: int) -> dict:
    """Texts of up to six tokens over a small vocabulary, most of them padded; token 0 pads, and is in texts, too."""
    rng = random.Random(seed)
    B, T, P, d, V = ((2, 5, 3, 3, 8), (3, 4, 2, 4, 6), (1, 3, 4, 2, 9), (4, 6, 1, 3, 7))[seed % 4]
    lengths = [T, *(rng.randrange(2, T) for _ in range(B - 1))]
    numbers = lambda rows: torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(d)] for _ in range(rows)])
    ids = [[0] * (T - n) + [rng.randrange(1, V) for _ in range(n)] for n in lengths]
    ids[0][rng.randrange(T)] = 0
    answer = rng.choice([1, 2])
    batch = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor([[0] * (T - n) + [1] * n for n in lengths]),
             "labels": torch.tensor([[-100] * (T - answer) + row[-answer:] for row in ids])}
    return {"prompt": numbers(P), "table": numbers(V), "batch": batch}

# %% wrong appended
# Your vectors stand after the text. A model of this kind looks back only: what stands behind cannot help with
# what comes before it, and the answer no longer follows its question. Put the vectors in front.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = torch.cat([batch["attention_mask"], torch.ones(B, P, dtype=torch.long)], dim=1)
    return {"inputs_embeds": torch.cat([table[batch["input_ids"]], prompt.expand(B, -1, -1)], dim=1),
            "attention_mask": mask, "labels": torch.cat([batch["labels"], torch.full((B, P), -100)], dim=1),
            "position_ids": (mask.cumsum(1) - 1).clamp(min=0)}

# %% wrong mask_not_lengthened
# Your mask is as long as the text alone. The model reads P positions more, and the mask has to say for each of
# them that it may be seen.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = batch["attention_mask"]
    return {"inputs_embeds": torch.cat([prompt.expand(B, -1, -1), table[batch["input_ids"]]], dim=1),
            "attention_mask": mask, "labels": torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1),
            "position_ids": (mask.cumsum(1) - 1).clamp(min=0)}

# %% wrong labels_not_shifted
# Your labels did not move when the text did. The text now begins P places later, so each label belongs P places
# later, too, with -100 before it.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = torch.cat([torch.ones(B, P, dtype=torch.long), batch["attention_mask"]], dim=1)
    return {"inputs_embeds": torch.cat([prompt.expand(B, -1, -1), table[batch["input_ids"]]], dim=1),
            "attention_mask": mask, "labels": torch.cat([batch["labels"], torch.full((B, P), -100)], dim=1),
            "position_ids": (mask.cumsum(1) - 1).clamp(min=0)}

# %% wrong first_row_only
# Only the first row of your batch has the prompt; the others have zeros there. Every text needs it:
# prompt.expand(B, -1, -1) is the prompt once for each row.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    front = torch.zeros(B, P, prompt.shape[1])
    front[0] = prompt
    mask = torch.cat([torch.ones(B, P, dtype=torch.long), batch["attention_mask"]], dim=1)
    return {"inputs_embeds": torch.cat([front, table[batch["input_ids"]]], dim=1), "attention_mask": mask,
            "labels": torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1),
            "position_ids": (mask.cumsum(1) - 1).clamp(min=0)}

# %% wrong padding_counted
# Your positions count 0, 1, 2 … over padding, too. A padded text then stands further from its prompt than the
# same text without padding, and gets other answers. Count with the mask: its cumsum, less one.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = torch.cat([torch.ones(B, P, dtype=torch.long), batch["attention_mask"]], dim=1)
    return {"inputs_embeds": torch.cat([prompt.expand(B, -1, -1), table[batch["input_ids"]]], dim=1),
            "attention_mask": mask, "labels": torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1),
            "position_ids": torch.arange(mask.shape[1]).expand(B, -1).clone()}

# %% wrong positions_of_the_text
# Your positions begin anew at the text, so its first token shares a position with the first vector. To the
# model the vectors are tokens that came before: go on counting.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = torch.cat([torch.ones(B, P, dtype=torch.long), batch["attention_mask"]], dim=1)
    own = (batch["attention_mask"].cumsum(1) - 1).clamp(min=0)
    return {"inputs_embeds": torch.cat([prompt.expand(B, -1, -1), table[batch["input_ids"]]], dim=1),
            "attention_mask": mask, "labels": torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1),
            "position_ids": torch.cat([torch.arange(P).expand(B, -1), own], dim=1)}

# %% wrong counted_from_one
# Your positions begin at 1. The model counts from 0, so take one from the cumsum.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = torch.cat([torch.ones(B, P, dtype=torch.long), batch["attention_mask"]], dim=1)
    return {"inputs_embeds": torch.cat([prompt.expand(B, -1, -1), table[batch["input_ids"]]], dim=1),
            "attention_mask": mask, "labels": torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1),
            "position_ids": mask.cumsum(1)}

# %% wrong prompt_hidden
# Your mask hides the vectors: it is 0 where they stand. Then nothing looks at them, they get no gradient, and
# the prompt learns nothing. They may be seen, so 1.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = torch.cat([torch.zeros(B, P, dtype=torch.long), batch["attention_mask"]], dim=1)
    return {"inputs_embeds": torch.cat([prompt.expand(B, -1, -1), table[batch["input_ids"]]], dim=1),
            "attention_mask": mask, "labels": torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1),
            "position_ids": (mask.cumsum(1) - 1).clamp(min=0)}

# %% wrong prompt_detached
# Your vectors are copies to which no gradient goes back (detach, .data, no_grad, torch.tensor). The loss would be
# right, and the prompt learn nothing. Use `prompt` itself.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = torch.cat([torch.ones(B, P, dtype=torch.long), batch["attention_mask"]], dim=1)
    vectors = torch.cat([prompt.detach().expand(B, -1, -1), table[batch["input_ids"]]], dim=1)
    return {"inputs_embeds": vectors, "attention_mask": mask,
            "labels": torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1),
            "position_ids": (mask.cumsum(1) - 1).clamp(min=0)}

# %% wrong batch_changed
# You write the longer mask and labels into the batch that you were given. Called once more with it, your function would
# lengthen what is lengthened already. Put them in a dict of your own.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    batch["attention_mask"] = torch.cat([torch.ones(B, P, dtype=torch.long), batch["attention_mask"]], dim=1)
    batch["labels"] = torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1)
    return {"inputs_embeds": torch.cat([prompt.expand(B, -1, -1), table[batch["input_ids"]]], dim=1),
            "attention_mask": batch["attention_mask"], "labels": batch["labels"],
            "position_ids": (batch["attention_mask"].cumsum(1) - 1).clamp(min=0)}

# %% wrong mask_from_the_ids
# You take every token 0 for padding. It may stand in a text, too: what is padding says the batch's attention_mask.
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = torch.cat([torch.ones(B, P, dtype=torch.long), (batch["input_ids"] != 0).long()], dim=1)
    return {"inputs_embeds": torch.cat([prompt.expand(B, -1, -1), table[batch["input_ids"]]], dim=1),
            "attention_mask": mask, "labels": torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1),
            "position_ids": (mask.cumsum(1) - 1).clamp(min=0)}

# %% wrong floats
# Your mask is of floats, and so are the positions counted from it: torch.ones makes floats. A position is the number of
# a place: torch.ones(B, P, dtype=torch.long).
import torch

def prepare(prompt, table, batch):
    B, P = len(batch["input_ids"]), len(prompt)
    mask = torch.cat([torch.ones(B, P), batch["attention_mask"]], dim=1)
    return {"inputs_embeds": torch.cat([prompt.expand(B, -1, -1), table[batch["input_ids"]]], dim=1),
            "attention_mask": mask, "labels": torch.cat([torch.full((B, P), -100), batch["labels"]], dim=1),
            "position_ids": mask.cumsum(1) - 1}

# %% equal texts_without_gradient
# The table belongs to the frozen model: nothing is trained through the texts' embeddings, only through the vectors.
MUTANTS = ["text = table[batch['input_ids']] -> text = detached(table[batch['input_ids']])"]
