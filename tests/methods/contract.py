"""What the tests of the contract ask of a method: what it makes of a model's outputs, in one shape for all models.

Shapes: B rows, T tokens, d width, V vocabulary.
"""
import pytest
import torch

from course_lib.methods import Steering
from course_lib.methods.base.method import Method
from tests.methods.tiny_models import CASES, FAMILY, QUANTISED, sourced

merges = lambda kind: kind.changed_weights is not Method.changed_weights
trains = lambda case: case.labels or case.method not in ("steering", "interchange-whole")
cases = lambda wanted: pytest.mark.parametrize("case", [case for case in CASES if wanted(case)], ids=str)
every = cases(lambda case: True)


def why_not_merged(case) -> str | None:
    """What the error says where this cannot be merged."""
    if not merges(case.kind):
        return f"cannot be merged: {case.kind.why_not_merged}"
    if case.method == "red" and FAMILY[case.model] == "llama":
        return "ScaleShift cannot be merged here: .*down_proj has no bias that could take up the shift"
    if case.kind is Steering and FAMILY[case.model] == "llama":
        return f"cannot be merged: {Steering.why_not_merged}"
    if case.model in QUANTISED and case.method != "probe":
        return "cannot be merged here: the model's matrices are 4-bit codes.*allow_other_base=True"
    return None


def nudged(case, model, tokenizer, by=0.1):
    """The case's method, no longer at its start: all that its file holds is moved, the same way in every process."""
    method, generator = case.build(model, tokenizer), torch.Generator().manual_seed(7)
    with torch.no_grad():
        for tensor in method.state_dict().values():
            tensor.add_(torch.randn(tensor.shape, generator=generator) * by)
    return method


def outputs(model, inputs):
    """All that the model says: its last hidden state (B, T, d), and a decoder's logits (B, T, V)."""
    hidden = model.base_model(**inputs).last_hidden_state
    head = model.get_output_embeddings()
    return torch.cat([hidden, head(hidden)], dim=-1) if head else hidden


def within(model, method, batch):
    """`outputs` at the text's places, where the method is attached."""
    return outputs(model, method.prepare(sourced(method, batch)))[:, -batch["input_ids"].shape[1]:]


def changed(model, method, batch):
    """`outputs` at the text's places, as the method makes them."""
    with method.on(model):
        return within(model, method, batch)


def scalar(model, method, batch):
    """A loss in which everything has a part: the hidden states, the logits, the head."""
    generator = torch.Generator().manual_seed(1)
    weigh = lambda x: (x * torch.randn(x.shape, generator=generator)).mean()
    real = batch["attention_mask"].bool()
    loss = weigh(within(model, method, batch)[real])
    return loss + weigh(method.logits(model, sourced(method, batch))) if method.head is not None else loss
