"""What may be given to a method in another form than the usual one: NumPy's numbers, all that a tokenizer returns."""
import numpy
import torch

from course_lib.methods import LoRA, LoReFT, PromptTuning
from tests.methods.tiny_models import Case, batch_of, logits_of


def test_whole_numbers_of_numpy_are_as_good(base, tokenizer, tmp_path):
    model, one = base("llama"), numpy.int64(2)
    for method in (LoRA(model, rank=one, alpha=numpy.float32(3), num_labels=one, seed=one), PromptTuning(model, one),
                   LoReFT(model, layers=range(one), rank=one, prefix=one), LoReFT(model, layers=(one,))):
        method.save(tmp_path / "method.safetensors")
        again = type(method).load(tmp_path / "method.safetensors", model)
        assert again.settings == method.settings
        assert torch.equal(logits_of(model, again), logits_of(model, method))


def test_a_tokenizers_whole_output_is_a_batch(base, tokenizer):
    model = base("bert")  # whose tokenizer says of each token which text it belongs to
    batch = batch_of()
    for method in ("full", "prompt", "deep", "lora", "loreft"):
        method = Case("bert", method, 3).build(model, tokenizer)
        with method.on(model), torch.no_grad():
            wanted = method.logits(model, batch)
            kinds, mask = torch.zeros_like(batch["input_ids"]), batch["attention_mask"].bool()
            assert torch.equal(method.logits(model, {**batch, "token_type_ids": kinds}), wanted)
            assert torch.equal(method.logits(model, {**batch, "attention_mask": mask}), wanted)
            assert not torch.equal(method.logits(model, {**batch, "token_type_ids": kinds + 1}), wanted)
