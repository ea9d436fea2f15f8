"""The contrastive loss against closed forms and plain loops."""

import math

import pytest
import torch
import torch.nn.functional as F

from pipelines.metrics.contrastive.loss import info_nce


def test_loss_of_a_known_table():
    music = torch.eye(2)
    motion = torch.tensor([[1.0, 0.0], [math.sqrt(0.5), math.sqrt(0.5)]])
    logits = 3 * music @ motion.T
    rows = -F.log_softmax(logits, 1).diagonal().mean()
    back = -F.log_softmax(logits, 0).diagonal().mean()
    found = info_nce(music, motion, torch.tensor([0, 1]), torch.tensor(3.0))
    assert float(found) == pytest.approx(float((rows + back) / 2))


def test_windows_of_one_recording_are_no_wrong_answers():
    torch.manual_seed(1)
    music, motion = (F.normalize(torch.randn(4, 6), dim=1) for _ in range(2))
    recording = torch.tensor([0, 0, 1, 2])
    masked = info_nce(music, motion, recording, torch.tensor(5.0))
    logits = 5 * music @ motion.T
    total = 0.0
    for i in range(4):
        others = [j for j in range(4) if j == i or recording[j] != recording[i]]
        total -= float(F.log_softmax(logits[i, others], 0)[others.index(i)])
        total -= float(F.log_softmax(logits[others, i], 0)[others.index(i)])
    assert float(masked) == pytest.approx(total / 8, rel=1e-5)
    alone = info_nce(music, motion, torch.zeros(4, dtype=torch.long), torch.tensor(5.0))
    assert float(alone) == 0.0
