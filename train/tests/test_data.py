import numpy as np
import pytest
from PIL import Image

from train.data import CropSampler, _sampling_weights, augment, is_useful, load_scenes


def test_an_empty_folder_is_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match="no image in"):
        load_scenes(tmp_path, 32)


def test_an_unreadable_image_is_named(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"not an image")
    with pytest.raises(OSError, match="broken.png"):
        load_scenes(tmp_path, 32)


def test_an_image_smaller_than_the_crop_is_named(tmp_path):
    Image.new("RGB", (40, 20)).save(tmp_path / "small.png")
    with pytest.raises(ValueError, match=r"small.png is 40x20 px.*--crop"):
        load_scenes(tmp_path, 32)


def test_origins_keep_their_shares():
    names = ["s2_a.png", "s2_b.png", "iss_1.png", "oam_1.png"]
    weights = _sampling_weights(names, [100, 400, 100, 100])
    assert weights.sum() == pytest.approx(1)
    assert weights[1] == pytest.approx(2 * weights[0])
    assert weights[:2].sum() / weights[2] == pytest.approx(0.45 / 0.35)


def test_flat_and_nodata_crops_are_rejected():
    noise = np.random.default_rng(0).integers(20, 200, (32, 32, 3)).astype(np.uint8)
    assert is_useful(noise)
    assert not is_useful(np.full((32, 32, 3), 90, np.uint8))
    black = noise.copy()
    black[:4] = 0
    assert not is_useful(black)


def test_only_flat_images_stop_the_sampler(tmp_path):
    Image.new("RGB", (64, 64), (9, 9, 9)).save(tmp_path / "flat.png")
    sampler = CropSampler(load_scenes(tmp_path, 32), 32, np.random.default_rng(0))
    with pytest.raises(ValueError, match="flat or without data"):
        sampler.batch(1)


def test_batches_have_shape_range_and_repeat_with_the_seed(scene_folder):
    draw = lambda: CropSampler(load_scenes(scene_folder, 48), 48, np.random.default_rng(5)).batch(3)
    batch = draw()
    assert tuple(batch.shape) == (3, 3, 48, 48)
    assert 0 <= batch.min() and batch.max() <= 1 and batch.std() > 0.05
    assert (batch == draw()).all()


def test_augmentation_keeps_the_range():
    crop = np.random.default_rng(1).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    for low_contrast in (False, True):
        values = augment(crop, low_contrast, np.random.default_rng(2))
        assert values.dtype == np.float32 and values.min() >= 0 and values.max() <= 1
