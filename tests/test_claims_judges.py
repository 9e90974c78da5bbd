"""Every judge is asked both ways: figures with which its claim holds, holds with a limit if it can, and fails."""
import pytest

from course_lib import claims
from course_lib.claims import FAILS, HOLDS, LIMITED, Figure

CASES = [  # (claim, figures in the claim's order, word, what the sentence says)
    ("C01", (2.4, 445, 2110), HOLDS,
     "perplexity is 2.4; with word frequencies alone it is 445, and untrained it is 2,110."),
    ("C01", (90, 445, 2110), FAILS, "It has learned little beyond which words are frequent."),
    ("C02", (0.5, 0.52, 0.95), HOLDS,
     "right in 52 % of the reviews, guessing in 50 %, and after fine-tuning in 95 %."),
    ("C02", (0.5, 0.9, 0.95), FAILS, "Fine-tuning adds little."),
    ("C02", (0.5, 0.5, 0.5), FAILS, "Fine-tuning adds little."),
    ("C68", (0.1, 0.1, 0.9, 0.8, 0.001), HOLDS,
     "With no example 10 % of the answers have the right form and 10 % are right; with one, 90 % and 80 %. "
     "Untrained: < 1 %."),
    ("C68", (0.1, 0.1, 0.9, 0.12, 0), LIMITED, "One example sets the form, and hardly helps with the answer."),
    ("C68", (0.5, 0.1, 0.5, 0.4, 0), FAILS, "One example does not set the form."),
    ("C69", (0.1, 0.2, 0.4, 0.6, 0.9), HOLDS, "90 % (k = 8): the later examples bring more than the first."),
    ("C69", (0.2, 0.1, 0.4, 0.3, 0.3), HOLDS, "the later examples bring more than the first"),
    ("C69", (0.1, 0.4, 0.5, 0.6, 0.66), HOLDS, "the first example and the later ones bring about as much"),
    ("C69", (0.1, 0.4, 0.5, 0.6, 0.74), HOLDS, "the first example and the later ones bring about as much"),
    ("C69", (0.02, 0.81, 0.84, 0.86, 0.85), LIMITED, "one example does most of it, further ones help a little"),
    ("C69", (0.02, 0.81, 0.82, 0.83, 0.8), FAILS, "one example does all of it"),
    ("C69", (0.02, 0.03, 0.02, 0.04, 0.03), FAILS, "examples hardly help"),
    ("C70", (1.87, 0.23, 0.12), HOLDS, "entropy is 1.87 bits with no example, 0.23 with one and 0.12 with four."),
    ("C70", (0.2, 0.1, 0.15), FAILS, "Without examples the answer is about as certain as with them."),
    ("C70", (0.2, 0.9, 1.5), FAILS, "Without examples"),
    ("C71", (0, 0), HOLDS,
     "Parameters added: 0. The hash of all weights after the questions is the same as before."),
    ("C71", (0, 1), FAILS, "The hash of all weights after the questions is another one."),
    ("C71", (640, 0), FAILS, "Parameters added: 640."),
    ("C72", (0.9, 0.2, 0.1), HOLDS, "Nearly all of the gain depends on the labels."),
    ("C72", (0.9, 0.5, 0.1), LIMITED, "Part of the gain depends on the labels, the rest on the form."),
    ("C72", (0.93, 0.93, 0.0), FAILS,
     "The labels hardly matter: the examples show the form, they do not teach the pairs."),
    ("C72", (0.5, 0.6, 0.1), FAILS, "The labels hardly matter"),
    ("C72", (0.12, 0.02, 0.1), FAILS, "The examples hardly help, with whatever labels."),
    ("C03", (0.55, 0.5, 0.95), HOLDS, "after fine-tuning the model in 95 %."),
    ("C03", (0.9, 0.5, 0.95), LIMITED, "Counting words would have done nearly as well."),
    ("C03", (0.3, 0.9, 0.95), FAILS, "Fine-tuning adds little."),
    ("C04", (0.8, 0.95, 0.95, 0.96, 0.96), HOLDS, "64 are within two points of the most."),
    ("C04", (0.5, 0.7, 0.8, 0.95, 0.96), HOLDS, "1,024 are within two points of the most."),
    ("C04", (0.95, 0.96, 0.96, 0.96, 0.96), HOLDS, "16 labels: 95 %, 64 labels: 96 %"),
    ("C04", (0.6, 0.7, 0.8, 0.9, 0.96), FAILS, "More labels still help."),
    ("C05", (0.95, 0.5, 0.96, 0.7), HOLDS, "with 1,024 labels 96 % and 70 %."),
    ("C05", (0.95, 0.5, 0.96, 0.55), HOLDS,
     "How many labels a random start needs stays open: so many do not teach it."),
    ("C05", (0.95, 0.9, 0.96, 0.95), FAILS, "a random one 90 %"),
    ("C06", (0.9, 0.5, 0.8, 0.88, 0.8, 0.9, 0, 0.6, 0.89, 0.6, 0.9), HOLDS,
     "Spam after reviews: learned, from 50 % to 80 %; reviews stay, from 90 % to 88 %."),
    ("C06", (0.9, 0.5, 0.8, 0.5, 0.8, 0.9, 0, 0.6, 0.89, 0.6, 0.9), LIMITED,
     "80 % and 90 %. Questions after reviews: learned, from 0 % to 60 %; reviews stay, from 90 % to 89 %. With reviews "
     "among the new rows: 60 % and 90 %. Old rows among the new ones prevent the loss."),
    ("C06", (0.9, 0.5, 0.52, 0.88, 0.5, 0.9, 0, 0.6, 0.89, 0.6, 0.9), LIMITED,
     "Spam after reviews: hardly learned, from 50 % to 52 %;"),
    ("C06", (0.9, 0.5, 0.52, 0.5, 0.5, 0.9, 0, 0.6, 0.89, 0.55, 0.87), LIMITED,
     "Questions after reviews: learned, from 0 % to 60 %; reviews stay, from 90 % to 89 %. With reviews among the "
     "new rows: 55 % and 87 %."),
    ("C06", (0.9, 0.5, 0.52, 0.88, 0.5, 0.9, 0, 0.05, 0.89, 0.6, 0.9), FAILS,
     "Questions after reviews: hardly learned"),
    ("C08", (1, 0.83, 1), LIMITED, "With a separate output matrix it is 83.00 %"),
    ("C08", (1, 1, 1), HOLDS, "moves 100.00 % of all scalars"),
    ("C08", (0.5, 0.4, 0.6), FAILS, "moves 50.00 %"),
    ("C09", (100, 100, 110), HOLDS, "The base has 100 parameters"),
    ("C09", (100, 120, 130), FAILS, "the tuned model 120"),
    ("C10", (1e12, 5e14, 4), LIMITED, "right about memory and wrong about computing"),
    ("C10", (1e12, 2e12, 4), HOLDS, "Pretraining took 2 times"),
    ("C10", (1e12, 5e14, 1), FAILS, "make 1 times"),
    ("C11", (4.2e6, 4.2e6, 350), HOLDS, "are 350 GB"),
    ("C11", (4.2e6, 4.2e6, 700), FAILS, "are 700 GB"),
    ("C11", (4.2e4, 4.2e6, 350), FAILS, "A task's file has 0.0 MB"),
    ("C75", (0.7, 0.6, 0.6, 0.6), HOLDS, "reports 10.0 points more"),
    ("C75", (0.6, 0.6, 0.6, 0.60001), FAILS, "reports 0.0 points more than it has on fresh rows; picked on "
     "validation, +0.0."),
    ("C76", (0.5, 0.9, 0.8, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 0.8), HOLDS,
     "full fine-tuning does best at 0.0003 (90 %), LoRA at 0.03 (80 %). With the other's rate they reach 50 % and 50 "
     "%."),
    ("C76", (0.5, 0.9, 0.8, 0.5, 0.5, 0.5, 0.5, 0.9, 0.5, 0.5, 0.6, 0.8), LIMITED, "but one serves both."),
    ("C76", (0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9), FAILS, "The rate hardly matters."),
    ("C77", (15, 0.3, 0.5, 0.001, 0.9, 0.8), HOLDS, "lowest at step 15 (0.30 nats)"),
    ("C77", (15, 0.3, 0.5, 0.001, 0.9, 0.9), LIMITED, "spoils the probabilities, and not the answers."),
    ("C77", (15, 0.3, 0.5, 0.001, 0.8, 0.9), LIMITED, "80 % at the best step, 90 % at the end."),
    ("C77", (40, 0.3, 0.3, 0.001, 0.9, 0.9), FAILS, "Going on does no harm."),
    ("C78", (0.95, 0.94, 0.6), HOLDS, "does not tell what real use brings"),
    ("C78", (0.95, 0.94, 0.92), FAILS, "told enough"),
    ("C98", (1.2, 0, 0.2, 1.4, 0.9, 0.1), HOLDS, "Tuned: 90 % right, off by 0.10."),
    ("C98", (1.2, 1, 0.2, 1.4, 0.4, 0.8), LIMITED, "off by 0.80"),
    ("C98", (1.2, 1, 0.2, 0.4, 0.4, 0.8), FAILS, "off by 0.40 stars"),
    ("C98", (1.2, 1, 0.6, 0.4, 0.9, 0.1), FAILS, "Tuned: 90 %"),
    ("C100", (0.1, 0.6, 0.1, 0.2, 0.6, 0.9), HOLDS, "from 10 % to 60 %, exact summaries from 10 % to 60 %;"),
    ("C100", (0.1, 0.6, 0.1, 0.2, 0.1, 0.7), LIMITED, "words 20 % are found before and 70 % after."),
    ("C100", (0.1, 0.1, 0.1, 0.2, 0.1, 0.2), FAILS, "from 10 % to 10 %"),
    ("C21", (0, 0, 3e-5), HOLDS,
     "With B = 0 the logits differ from the base's by 0; after training the hash of W₀ is the same;"),
    ("C21", (0.1, 0, 3e-5), FAILS, "differ from the base's by 0.1"),
    ("C21", (0, 1, 3e-5), FAILS, "is another one;"),
    ("C21", (0, 0, 0.2), FAILS, "by hand the logits differ by 2e-01."),
    ("C22", (39040, 39040, 790528), HOLDS, "the formula says 39,040, counted are 39,040;"),
    ("C22", (39040, 39041, 790528), FAILS, "counted are 39,041"),
    ("C22", (39040, 39040, 39040), FAILS, "the matrices themselves have 39,040."),
    ("C23", (0.95, 0.85, 0.9, 0.8, 38912, 39040), HOLDS,
     "With 38,912 to 39,040 trained parameters: every linear module of every layer 95 %; of the last layer alone 85 %"),
    ("C23", (0.95, 0.94, 0.9, 0.8, 38912, 39040), LIMITED, "It can be in every layer, and here it need not be."),
    ("C23", (0.8, 0.9, 0.9, 0.8, 38912, 39040), FAILS, "Here one layer does better than all."),
    ("C24", (0.92, 0.94, 0.95, 0.009, 0.037, 0.15, 0.95), HOLDS,
     "92 % with 0.9 % of the parameters (r = 1), 94 % with 3.7 % of the parameters (r = 4), "),
    ("C24", (0.7, 0.94, 0.95, 0.009, 0.037, 0.15, 0.95), LIMITED, "95 % with all of them. More than a hundredth"),
    ("C24", (0.92, 0.94, 0.95, 0.02, 0.037, 0.15, 0.95), LIMITED, "More than a hundredth is needed"),
    ("C24", (0.5, 0.6, 0.95, 0.009, 0.037, 0.15, 0.95), FAILS, "Here a small share lags."),
    ("C24", (0.5, 0.6, 0.7, 0.009, 0.037, 0.15, 0.95), FAILS, "Here a small share lags."),
    ("C25", (0.96, 0.95, 0.9, 0.9, 0.9, 0.95, 0.92, 1.1, 1.5, 1.2, 0.7, 0.04), HOLDS,
     "With 4.0 % of the bytes: near 95 % against 96 % for full fine-tuning; far 92 % against 95 %, each with a "
     "learning rate chosen for it (LoRA with the one of the near task: 70 %)."),
    ("C25", (0.96, 0.95, 0.9, 0.9, 0.9, 0.95, 0.6, 1.1, 1.5, 1.2, 0.6, 0.04), LIMITED, "far from it it does not."),
    ("C25", (0.96, 0.8, 0.9, 0.9, 0.9, 0.95, 0.95, 1.1, 1.5, 1.2, 0.6, 0.04), LIMITED, "the longer training alone."),
    ("C25", (0.96, 0.6, 0.9, 0.9, 0.9, 0.95, 0.6, 1.1, 1.5, 1.2, 0.6, 0.04), FAILS, "It does not come close."),
    ("C26", (3e-5, 2.5e9, 2.6e9, 2.5e9, 1), HOLDS, "unmerged 4.0 % more. Unmerging restores every bit."),
    ("C26", (3e-5, 2.5e9, 2.6e9, 2.6e9, 0), FAILS, "does not restore every bit."),
    ("C26", (2, 2.5e9, 2.6e9, 2.5e9, 1), FAILS, "the logits differ by 2e+00;"),
    ("C28", (4, 2, 0.001, 0.4, 0.95, 0.96), HOLDS, "changes differ by < 1 %, after 32 by 40 %, and 95 %"),
    ("C28", (8, 2, 0, 0.4, 0.95, 0.96), FAILS, "the change has rank 8;"),
    ("C28", (4, 1, 0, 0.4, 0.95, 0.96), FAILS, "it is 1.00 times as large"),
    ("C29", (0, 1, 1), FAILS, "with q_lin and v_lin raises an error; with query and value it runs;"),
    ("C29", (1, 1, 1), HOLDS, "with q_lin and v_lin runs;"),
    ("C31", (12.9, 3e-5, 0), FAILS, "Merging is a choice, and it is a sum, no layer."),
    ("C31", (0, 3e-5, 0), HOLDS, "moves the logits by up to 0.0 already"),
    ("C31", (12.9, 3e-5, 2), HOLDS, "adds 2 layers."),
    ("C37", (0.3, 0.8, 0.9, 0.5), HOLDS, "right in 90 %; the tokens nearest to them, in their place, in 50 %."),
    ("C37", (0.3, 0.8, 0.5, 0.5), LIMITED, "They are no tokens, but tokens do as well."),
    ("C37", (0.95, 0.95, 0.9, 0.5), LIMITED, "They are close to tokens, and yet more than those."),
    ("C37", (0.95, 0.95, 0.9, 0.9), FAILS, "They could as well be text."),
    ("C38", (2560, 0, 0), HOLDS, "Trained are 2,560 parameters. Of the model's own tensors 0 got a gradient"),
    ("C38", (2560, 0, 1), FAILS, "the hash of its weights is another one"),
    ("C38", (2560, 3, 0), FAILS, "3 got a gradient"),
    ("C39", (2560, 10.2, 245760, 480), LIMITED, "at the width 12,288 they have 245,760, in 16 bits 480 KB. True of a"),
    ("C39", (2560, 10.2, 5000, 10), HOLDS, "a file of 10 KB"),
    ("C39", (25600, 102, 5000, 10), LIMITED, "True of the large model, not of ours."),
    ("C39", (25600, 102, 245760, 480), FAILS, "in 16 bits 480 KB."),
    ("C40", (0.5, 0.9, 0.5, 0.8, 1e-6), HOLDS, "In a mixed batch the logits are the same within rounding."),
    ("C40", (0.5, 0.9, 0.5, 0.5, 1e-6), LIMITED, "Only one of the prompts helps."),
    ("C40", (0.5, 0.9, 0.5, 0.8, 0.5), FAILS, "the logits are others."),
    ("C40", (0.5, 0.5, 0.5, 0.5, 0), FAILS, "reviews 50 % right (bare 50 %)"),
    ("C41", (0.5, 0.5, 0.9, 0.8, 0.9, 0.5, 0.2, 0.4), HOLDS, "gets 50 % of the attention, before training 20 %; an"),
    ("C41", (0.5, 0.5, 0.9, 0.8, 0.9, 0.3, 0.2, 0.4), LIMITED, "It draws attention, though less than an even share."),
    ("C41", (0.5, 0.5, 0.9, 0.8, 0.9, 0.2, 0.2, 0.4), LIMITED, "It helps without drawing attention."),
    ("C41", (0.5, 0.5, 0.9, 0.5, 0.55, 0.5, 0.2, 0.4), LIMITED, "It is looked at, and the answers gain little."),
    ("C41", (0.5, 0.5, 0.9, 0.5, 0.5, 0.3, 0.2, 0.4), FAILS, "is right in 50 %; the bare model in 50 %. Trained"),
    ("C42", (0.5, 0.5, 0.55, 0.9, 0.5), HOLDS, "Without a designed start nothing is learned."),
    ("C42", (0.5, 0.5, 0.7, 0.9, 0.5), LIMITED, "and a designed one is better."),
    ("C42", (0.5, 0.5, 0.9, 0.9, 0.5), FAILS, "A start that nobody designed does as well."),
    ("C43", (0.5, 0.9, 0.9, 0.8, 0.5), HOLDS, "A random start is as good as another."),
    ("C43", (0.5, 0.7, 0.9, 0.8, 0.5), LIMITED, "A random start learns, and is not the best one."),
    ("C43", (0.5, 0.5, 0.9, 0.8, 0.5), FAILS, "hardly anything is learned."),
    ("C44", (0.8, 0.7, 0.6, 0.95, 0.98), HOLDS, "prompt 80 %, prefix 70 %, LoRA 95 % right. With 20,480 parameters: a"),
    ("C44", (0.9, 0.7, 0.6, 0.92, 0.98), LIMITED, "They are about equal here."),
    ("C44", (0.95, 0.7, 0.99, 0.8, 0.98), FAILS, "Here the prompt is ahead."),
    ("C45", (73, 1.27, 1.27), HOLDS, "20 vectors before 73 tokens: 1.27 times the operations"),
    ("C45", (730, 1.03, 1.03), FAILS, "1.03 times"),
    ("C46", (0.5, 0.9, 0.7, 0.95, 0.9, 0.98), HOLDS, "how it ends at 175 billion we cannot see."),
    ("C46", (0.5, 0.9, 0.8, 0.95, 0.8, 0.98), LIMITED, "not at every step."),
    ("C46", (0.8, 0.9, 0.8, 0.95, 0.8, 0.98), FAILS, "no model of ours is large, and no run long."),
]


@pytest.mark.parametrize("claim_id, figures, word, said", CASES, ids=range(len(CASES)))
def test_a_judge(claim_id, figures, word, said):
    names = claims.get(claim_id).figures
    verdict = claims.conclude(claim_id, **dict(zip(names, figures, strict=True)))
    assert verdict.word == word and said in verdict.because and verdict.because.endswith(".")


@pytest.mark.parametrize("claim_id, figures, word, said", CASES, ids=range(len(CASES)))
def test_a_record_with_the_same_means_gets_the_same_verdict(claim_id, figures, word, said):
    """The ledger's figures have a spread, a lesson's own run has none: that may change no word."""
    claim = claims.get(claim_id)
    spread = [Figure((0.8 * value, value, 1.2 * value)) for value in figures]
    verdict = claim.judge(dict(zip(claim.figures, spread)))
    finding = verdict.because.split(": ")[-1].split(". ")[-1]
    own = claims.conclude(claim_id, **dict(zip(claim.figures, figures))).because
    assert verdict.word == word and (own.endswith(finding) or "±" in finding)


def test_every_claim_is_judged_both_ways():
    for claim_id in claims.all_claims():
        assert {HOLDS, FAILS} <= {word for one, _, word, _ in CASES if one == claim_id}, claim_id
