"""DPO and GRPO against trl, the library that most people take for them: losses and gradients on a tiny model.

trl ends every answer with its end-of-text token; here the answers hold it already, so both read the same tokens.
"""
import pytest
import torch
from datasets import Dataset
from trl import DPOConfig, DPOTrainer, GRPOConfig, GRPOTrainer

from course_lib.models.loading import load_model
from course_lib.preference import answer_log_probabilities, dpo_loss, grpo_loss
from course_lib.training.batches import IGNORED
from tests.closeness import NET, assert_near
from tests.tiny import tiny_model


@pytest.fixture(scope="module")
def tokenizer():
    return load_model("orchard-xs")[1]


def model_of(tokenizer, seed: int):
    return tiny_model("llama", len(tokenizer), spread=0.3, context=64, seed=seed)


def settings(kind, folder, **more):
    return kind(output_dir=str(folder), report_to=[], use_cpu=True, bf16=False, fp16=False, disable_tqdm=True, **more)


def read(model, ids, mask, answers):
    """(log probabilities, mask) of the tokens where `answers` is 1, as the course computes them."""
    labels = ids.masked_fill(answers == 0, IGNORED)
    return answer_log_probabilities(model(input_ids=ids, attention_mask=mask).logits, labels)


def gradients(loss, model):
    return torch.cat([one.flatten() for one in torch.autograd.grad(loss, [*model.parameters()])])


def test_dpo(tokenizer, tmp_path):
    rows = Dataset.from_list([{"prompt": "The soup was", "chosen": " good and hot.", "rejected": " cold."},
                              {"prompt": "A film about", "chosen": " a dog.", "rejected": " a dog that is a bore."}])
    model, reference = (model_of(tokenizer, seed) for seed in (1, 2))
    trainer = DPOTrainer(model, ref_model=reference, train_dataset=rows, processing_class=tokenizer,
                         args=settings(DPOConfig, tmp_path, beta=0.3, per_device_train_batch_size=2))
    batch = next(iter(trainer.get_train_dataloader()))
    model.eval()
    theirs = trainer.compute_loss(model, dict(batch))
    ids, mask, answers = batch["input_ids"], batch["attention_mask"], batch["completion_mask"]
    sums = []
    for one in (model, reference):
        found, real = read(one, ids, mask, answers)
        sums += found.sum(1).chunk(2)
    ours = dpo_loss(sums[0], sums[1], sums[2].detach(), sums[3].detach(), beta=0.3)
    assert abs(ours.item() - theirs.item()) < 1e-5
    assert (gradients(ours, model) - gradients(theirs, model)).abs().max() < 1e-4


def test_grpo(tokenizer, tmp_path):
    model, reference = (model_of(tokenizer, seed) for seed in (1, 2))
    config = settings(GRPOConfig, tmp_path, beta=0.0, epsilon=0.2, loss_type="grpo", use_bias_correction_kl=False,
                      temperature=1.0, num_generations=2, per_device_train_batch_size=4, max_completion_length=5)
    trainer = GRPOTrainer(model, reward_funcs=lambda completions, **more: [0.0] * len(completions), args=config,
                          train_dataset=Dataset.from_list([{"prompt": "The soup was"}] * 4), processing_class=tokenizer)
    trainer.beta = 0.2  # told before, trl would load a reference by the model's name; here it is asked beside it
    prompts = torch.tensor([[5, 6, 7]] * 4)
    answers = torch.tensor([[11, 12, 13, 14], [15, 16, 1, 1], [17, 1, 1, 1], [18, 19, 20, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]])
    ids, seen = torch.cat([prompts, answers], 1), torch.cat([torch.ones_like(prompts), mask], 1)
    marked = torch.cat([torch.zeros_like(prompts), mask], 1)
    model.eval()
    with torch.no_grad():
        (apart, real), (old, _) = read(reference, ids, seen, marked), read(model_of(tokenizer, 3), ids, seen, marked)
    advantages = torch.tensor([1.0, -1.0, 0.5, -0.5])
    theirs = trainer._compute_loss(model, {
        "prompt_ids": prompts, "prompt_mask": torch.ones_like(prompts), "completion_ids": answers,
        "completion_mask": mask, "advantages": advantages, "old_per_token_logps": old, "ref_per_token_logps": apart,
        "num_items_in_batch": mask.sum()})
    new, _ = read(model, ids, seen, marked)
    ours = grpo_loss(new, old, apart, advantages, real, epsilon=0.2, beta=0.2)
    assert_near(ours, theirs, **NET)
    assert (gradients(ours, model) - gradients(theirs, model)).abs().max() < 1e-4
