import torch

from brainseg.training.loss_context import bind_context

LOGITS, TARGET = torch.tensor(2.0), torch.tensor(3.0)


def test_a_loss_receives_what_it_names():
    reported = bind_context(
        lambda logits, target, *, progress: logits + target + progress, progress=0.5, lesion_share=0.1
    )
    assert reported(LOGITS, TARGET) == 5.5
    reported = bind_context(
        lambda logits, target, *, lesion_share, progress: lesion_share, progress=0.5, lesion_share=0.1
    )
    assert reported(LOGITS, TARGET) == 0.1


def test_a_loss_that_names_nothing_receives_nothing():
    assert bind_context(lambda logits, target: logits * target, progress=0.5, lesion_share=0.1)(LOGITS, TARGET) == 6
