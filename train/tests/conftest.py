import pytest
import torch
from PIL import Image

from train.synthetic import dead_leaves


@pytest.fixture(scope="session", autouse=True)
def two_threads():
    torch.set_num_threads(2)


@pytest.fixture(scope="session")
def scene_folder(tmp_path_factory):
    """Three generated scenes on disk."""
    folder = tmp_path_factory.mktemp("scenes")
    for seed in range(3):
        Image.fromarray(dead_leaves(96, 112, seed, disks=200)).save(folder / f"leaves_{seed}.png")
    return folder
