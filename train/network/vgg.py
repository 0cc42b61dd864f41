"""The feature network of the perceptual loss: VGG16 (arXiv 1409.1556) up to relu3_3, trained to tell degradations
apart, so that its features respond to blur, noise and orientation."""

import torch
from torch import nn
from torch.nn import functional as F

LAYERS = (2, 2, 3)  # convolutions in the blocks that lie between poolings
# What the training tasks ask, and the number of answers.
TASKS = {"family": 5, "strength": 4, "noise": 4, "rotation": 4}


class VGGFeatures(nn.Module):
    """(N,3,H,W) in [0,1] to [relu1_2, relu2_2, relu3_3], each divided by its deviation on training crops."""

    def __init__(self, width=64):
        super().__init__()
        self.width, blocks, cin = width, [], 3
        for index, count in enumerate(LAYERS):
            convs = []
            for _ in range(count):
                convs += [nn.Conv2d(cin, width * 2**index, 3, padding=1), nn.ReLU(inplace=True)]
                cin = width * 2**index
            blocks.append(nn.Sequential(*convs))
        self.blocks = nn.ModuleList(blocks)
        self.register_buffer("deviations", torch.ones(len(LAYERS)))

    def forward(self, x):
        return [feature / s for feature, s in zip(self.raw(x), self.deviations)]

    def raw(self, x):
        features = []
        for index, block in enumerate(self.blocks):
            x = block(F.max_pool2d(x, 2) if index else x - 0.5)
            features.append(x)
        return features


class Classifier(nn.Module):
    """Answers every task from the mean and the deviation of the deepest features."""

    def __init__(self, features):
        super().__init__()
        self.features = features
        deepest = features.width * 2 ** (len(LAYERS) - 1)
        self.heads = nn.ModuleDict({task: nn.Linear(2 * deepest, answers) for task, answers in TASKS.items()})

    def forward(self, x):
        deepest = self.features.raw(x)[-1].flatten(2)
        pooled = torch.cat([deepest.mean(2), deepest.std(2)], dim=1)
        return {task: head(pooled) for task, head in self.heads.items()}


def initialise_features(features, generator):
    """He-normal weights, zero biases (in place)."""
    for conv in features.modules():
        if isinstance(conv, nn.Conv2d):
            with torch.no_grad():
                conv.weight.normal_(0.0, (2 / (9 * conv.in_channels)) ** 0.5, generator=generator)
                conv.bias.zero_()
    return features
