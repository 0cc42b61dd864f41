import pytest
import torch
from PIL import Image

from train.data.procedural import dead_leaves, landscape


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """The networks are so small that more threads wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def scene_folder(tmp_path_factory):
    """Four generated places on disk."""
    folder = tmp_path_factory.mktemp("scenes")
    for seed, name in enumerate(["forest", "town"]):
        Image.fromarray(dead_leaves(112, 128, seed, disks=200)).save(folder / f"{name}_rgb.png")
    for seed, name in enumerate(["coast", "farm"]):
        Image.fromarray(landscape(128, 112, seed)).save(folder / f"{name}_rgb.png")
    return folder


@pytest.fixture
def val_folder(tmp_path):
    """Two scenes with a truth and a frame without."""
    folder = tmp_path / "val"
    folder.mkdir()
    for name in ("s2_a", "s2_b", "iss_frame"):
        Image.fromarray(landscape(80, 96, len(name) + ord(name[-1]))).save(folder / f"{name}.png")
    return folder
