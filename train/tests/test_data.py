import json

import numpy as np
import png
import pytest
import tifffile
from PIL import Image

from train.data.crops import CropSampler, augment, box_downscale, box_matrix, is_useful, load_scenes, with_generated
from train.data.images import read_bands, read_image, stretch
from train.data.index import held_out_places, index_folder, places_of, sampling_weights
from train.data.procedural import landscape, panels, relief


def test_an_empty_or_missing_folder_is_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match="no image in"):
        load_scenes(tmp_path, 32)
    with pytest.raises(FileNotFoundError, match="is no folder"):
        load_scenes(tmp_path / "missing", 32)


@pytest.mark.parametrize("name", ["broken.png", "broken.tif"])
def test_an_unreadable_image_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"not an image")
    with pytest.raises(OSError, match=name):
        load_scenes(tmp_path, 32)


def test_other_bit_depths_are_rejected(tmp_path):
    tifffile.imwrite(tmp_path / "float.tif", np.zeros((40, 40), np.float32))
    with pytest.raises(OSError, match="float32.*expected 8 or 16 bits"):
        read_bands(tmp_path / "float.tif")
    Image.new("1", (40, 40)).save(tmp_path / "bits.png")
    with pytest.raises(OSError, match="expected 8 or 16 bits"):
        read_bands(tmp_path / "bits.png")


def test_an_image_smaller_than_the_crop_is_named(tmp_path):
    Image.new("RGB", (40, 20)).save(tmp_path / "small.png")
    with pytest.raises(ValueError, match=r"small.png is 40x20 px.*--crop"):
        load_scenes(tmp_path, 32)


def test_sixteen_bit_images_keep_their_depth(tmp_path):
    rng = np.random.default_rng(0)
    bands = rng.integers(0, 4096, (20, 24, 4)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "bands.tif", bands)
    assert np.array_equal(read_bands(tmp_path / "bands.tif"), bands)
    Image.fromarray(bands[:, :, 0]).save(tmp_path / "grey.png")
    assert np.array_equal(read_bands(tmp_path / "grey.png")[:, :, 0], bands[:, :, 0])
    with open(tmp_path / "rgb.png", "wb") as file:
        png.Writer(24, 20, bitdepth=16, greyscale=False).write(file, bands[:, :, :3].reshape(20, -1).tolist())
    assert np.array_equal(read_bands(tmp_path / "rgb.png"), bands[:, :, :3])
    assert read_image(tmp_path / "bands.tif").shape == (20, 24, 3)
    assert stretch(bands).min() == 0 and stretch(bands).max() == 65535


def test_bands_and_dates_and_consecutive_frames_are_one_place():
    stems = [
        "s2_genoa_rgb",
        "s2_genoa_nir",
        "naip_14_1_20090818",
        "naip_14_1_20120731",
        "l7_oslo_cir_30m",
        "s2_oslo_rgb",
    ]
    assert places_of(stems) == ["genoa", "genoa", "naip_14_1", "naip_14_1", "oslo", "oslo"]
    assert places_of(["iss_7", "iss_8", "iss_9", "iss_11"]) == ["iss_7", "iss_7", "iss_7", "iss_11"]
    assert (
        len(
            set(
                places_of(
                    ["oam_a_r0_c0", "oam_a_r0_c1", "usgs_20160308_222208_q0_third", "usgs_20160308_222216_q1_third"]
                )
            )
        )
        == 2
    )


def test_a_place_is_never_on_both_sides(scene_folder):
    records, _ = index_folder(scene_folder)
    aside = held_out_places([r.place for r in records], 0.3)
    training, validation = (load_scenes(scene_folder, 48, 0.3, held_out=side) for side in (False, True))
    assert len(validation) == len(aside) == 1 and len(training) == 3
    assert not {s.name for s in training} & {s.name for s in validation}
    assert sum(s.probability for s in training) == pytest.approx(1)


def test_an_index_can_be_edited_and_used(scene_folder, tmp_path):
    records, _ = index_folder(scene_folder)
    (tmp_path / "index.json").write_text(json.dumps([r._asdict() for r in records[:2]]))
    assert len(load_scenes(tmp_path / "index.json", 48)) == 2
    (tmp_path / "bad.json").write_text('[{"no": 1}]')
    with pytest.raises(ValueError, match="is no index"):
        load_scenes(tmp_path / "bad.json", 48)


def test_origins_keep_their_shares():
    names = ["s2_a.png", "s2_b.png", "iss_1.png", "oam_1.png"]
    weights = sampling_weights(names, [100, 400, 100, 100])
    assert weights.sum() == pytest.approx(1)
    assert weights[1] == pytest.approx(2 * weights[0])
    assert weights[:2].sum() / weights[2] == pytest.approx(0.60 / 0.20)


def test_a_near_infrared_band_joins_the_colours_of_its_scene(tmp_path):
    rng = np.random.default_rng(0)
    colour, band, other = (rng.integers(0, 256, shape).astype(np.uint8) for shape in [(40, 48, 3), (40, 48), (36, 48)])
    for name, pixels in {"s2_a_rgb": colour, "s2_a_nir": band, "s2_b_rgb": colour, "s2_b_nir": other}.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    scenes = {scene.name: scene.pixels for scene in load_scenes(tmp_path, 32)}
    assert np.array_equal(scenes["s2_a_nir.png"], np.dstack([colour, band]))
    assert np.array_equal(scenes["s2_a_rgb.png"], colour)
    assert np.array_equal(scenes["s2_b_nir.png"][:, :, 0], other), "another size is another cut: it stays alone"


def test_flat_cloudy_and_nodata_crops_are_rejected():
    noise = np.random.default_rng(0).uniform(0.1, 0.8, (32, 32, 3)).astype(np.float32)
    assert is_useful(noise)
    assert not is_useful(np.full((32, 32, 3), 0.4, np.float32))
    black = noise.copy()
    black[:4] = 0
    assert not is_useful(black)
    assert not is_useful(0.85 + 0.1 * noise.mean(axis=2, keepdims=True).repeat(3, axis=2))


def test_only_flat_images_stop_the_sampler(tmp_path):
    Image.new("RGB", (64, 64), (9, 9, 9)).save(tmp_path / "flat.png")
    sampler = CropSampler(load_scenes(tmp_path, 32), 32, np.random.default_rng(0))
    with pytest.raises(ValueError, match="flat, cloudy or without data"):
        sampler.batch(1)


def test_box_averages_are_means_over_squares():
    values = np.random.default_rng(0).random((24, 24, 3)).astype(np.float32)
    np.testing.assert_allclose(box_downscale(values, 6, 4.0), values.reshape(6, 4, 6, 4, 3).mean((1, 3)), atol=1e-6)
    weights = box_matrix(8, 1.5)
    assert weights.shape == (8, 12)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights[1, :4], [0, 1 / 3, 2 / 3, 0], atol=1e-6)


def test_batches_have_shape_range_and_repeat_with_the_seed(scene_folder):
    draw = lambda: CropSampler(load_scenes(scene_folder, 48), 48, np.random.default_rng(5)).batch(6)
    batch = draw()
    assert tuple(batch.shape) == (6, 3, 48, 48)
    assert 0 <= batch.min() and batch.max() <= 1 and batch.std() > 0.05
    assert (batch == draw()).all()


def test_grey_and_many_bands_make_three_channels(tmp_path):
    scene = landscape(64, 64, 1)
    Image.fromarray(scene[:, :, 0]).save(tmp_path / "grey.png")
    tifffile.imwrite(tmp_path / "bands.tif", np.concatenate([scene, scene[:, :, :2]], axis=2).astype(np.uint16) * 16)
    batch = CropSampler(load_scenes(tmp_path, 48), 48, np.random.default_rng(5)).batch(6)
    assert tuple(batch.shape) == (6, 3, 48, 48) and batch.std() > 0.02


def test_augmentation_keeps_the_range():
    crop = np.random.default_rng(1).random((16, 16, 3)).astype(np.float32)
    for low_contrast in (False, True):
        values = augment(crop, low_contrast, np.random.default_rng(2))
        assert values.dtype == np.float32 and values.min() >= 0 and values.max() <= 1


def test_generated_scenes_take_their_share_and_look_natural(scene_folder):
    scenes = with_generated(load_scenes(scene_folder, 48), 0.25, 48, 3)
    assert sum(s.probability for s in scenes) == pytest.approx(1)
    assert sum(s.probability for s in scenes if s.name.startswith("generated")) == pytest.approx(0.25)
    scene = landscape(96, 80, 4)
    assert scene.shape == (96, 80, 3) and scene.std() > 15
    assert np.array_equal(scene, landscape(96, 80, 4)) and not np.array_equal(scene, landscape(96, 80, 5))


def test_panels_are_grey_flats_between_straight_steps():
    scene = panels(120, 100, 5, (30, 90)).astype(int)
    assert scene.shape == (120, 100, 3) and np.ptp(scene, axis=2).max() == 0
    assert 30 <= scene.min() < scene.max() < 90
    assert np.mean(scene[:, 1:] != scene[:, :-1]) < 0.1


def test_relief_has_the_spectrum_of_1_over_f():
    power = np.abs(np.fft.fft2(relief(256, 256, np.random.default_rng(0)))) ** 2
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None])
    band = lambda low, high: power[(frequency > low) & (frequency < high)].mean()
    assert np.log2(band(0.05, 0.06) / band(0.1, 0.12)) == pytest.approx(2, abs=0.3)
