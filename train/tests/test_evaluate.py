import io

import numpy as np
import pytest
from PIL import Image

from train.data.procedural import dead_leaves, landscape
from train.evaluate import checklist, evaluate, figures_of, main
from train.evaluation import bars, gaps
from train.evaluation.conditions import characterised, compressed, defocus, degraded, load_scenes, standard
from train.evaluation.metrics import band_ratio_error, colour_shift, overshoot, psnr, ssim, ssim_downsampled
from train.evaluation.report import markdown, means


def test_psnr_closed_form_and_blur_lowers_it():
    flat = np.zeros((40, 40, 3))
    assert psnr(flat + 0.1, flat) == pytest.approx(20)
    assert psnr(flat, flat) == float("inf")
    sharp = dead_leaves(64, 64, 8)
    rows = [psnr(degraded(sharp, defocus(radius, 0.005)) / 255, sharp / 255) for radius in (0.0, 2.0, 4.0)]
    assert rows[0] > rows[1] > rows[2]


def test_ssim_equals_scikit_image():
    metrics = pytest.importorskip("skimage.metrics", reason="python3-skimage is not installed")
    x, y = landscape(80, 90, 1) / 255, landscape(80, 90, 1) / 255
    y = np.clip(y + np.random.default_rng(0).normal(0, 0.05, y.shape), 0, 1)
    grey = [values[16:-16, 16:-16] @ [0.299, 0.587, 0.114] for values in (x, y)]
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0, "full": True}
    _, full = metrics.structural_similarity(*grey, **options)
    assert ssim(x, y) == pytest.approx(full[5:-5, 5:-5].mean(), abs=1e-6)


def test_ssim_closed_forms():
    x = landscape(64, 64, 1) / 255
    assert ssim(x, x) == pytest.approx(1) and ssim_downsampled(x, x) == pytest.approx(1)
    flat = np.full((64, 64, 3), 0.5)
    expected = (2 * 0.5 * 0.6 + 1e-4) / (0.25 + 0.36 + 1e-4)  # no variance: the luminance term alone
    assert ssim(flat, flat + 0.1) == pytest.approx(expected, abs=1e-9)
    wide = np.repeat(np.repeat(landscape(300, 300, 1), 2, axis=0), 2, axis=1) / 255
    assert ssim_downsampled(wide, wide * 0.9, border=0) == pytest.approx(
        ssim(wide[::2, ::2], wide[::2, ::2] * 0.9, border=0)
    )


def test_radiometry_closed_forms():
    x = landscape(64, 64, 2) / 255
    assert colour_shift(x + [0, 0.01, -0.002], x) == pytest.approx(2.55)
    assert band_ratio_error(x * 0.5, x) == pytest.approx(0, abs=0.01) and band_ratio_error(x[..., ::-1], x) > 0.01


def test_overshoot_is_that_of_the_mean_profile():
    step = np.full((40, 64, 3), 0.1)
    step[:, 32:] = 0.5
    assert overshoot(step, 0.1, 0.5) == 0
    ringing = step + np.random.default_rng(0).choice([-0.05, 0.05], (40, 1, 1))
    ringing[:, 33] += 0.02
    ringing -= (ringing - step)[16:-16, 0].mean()
    assert overshoot(ringing, 0.1, 0.5) == pytest.approx(0.05)


def test_conditions_are_nine_disks_or_the_camera_around_its_kernel():
    assert [(c.name, c.noise) for c in standard()][:4] == [
        ("R 2.5", 0.002),
        ("R 2.5", 0.005),
        ("R 2.5", 0.01),
        ("R 4", 0.002),
    ]
    assert [c.name for c in characterised(defocus(4, 0).kernel, 0.01)] == [
        "kernel x 0.85",
        "kernel x 1",
        "kernel x 1.15",
    ]
    image = landscape(40, 50, 3)
    assert np.array_equal(degraded(image, defocus(0.0, 0.0)), image)
    assert np.array_equal(degraded(image, defocus(3.0, 0.01)), degraded(image, defocus(3.0, 0.01)))


def test_a_compressed_condition_is_what_pillow_decodes_but_for_rounding():
    image, file = landscape(64, 80, 3), io.BytesIO()
    blurred = degraded(image, defocus(3.0, 0.005))
    Image.fromarray(blurred).save(file, "JPEG", quality=90, subsampling=2)
    found = compressed(defocus(3.0, 0.005), 90)
    assert found.name == "R 3, JPEG 90"
    assert psnr(degraded(image, found) / 255, np.asarray(Image.open(file)) / 255) > 45


def test_missing_scenes_are_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected the sharp validation scenes"):
        load_scenes(tmp_path)


def test_the_checklist_judges_a_restorer_by_the_bars(val_folder):
    """A restorer that does nothing changes no colours and keeps sharp scenes, and gains nothing."""
    scenes = load_scenes(val_folder)
    restorers = {"nothing": lambda image: image}
    records = evaluate(scenes, restorers, [defocus(4.0, 0.005)])
    reached = {bar.name.split(",")[0].split(" at ")[0]: bar for bar in checklist(scenes, restorers, records)}
    assert reached["PSNR gain"].figure == pytest.approx(0) and not reached["PSNR gain"].reached
    assert reached["shift of a channel's mean"].figure < 2
    assert reached["PSNR of restored sharp scenes to themselves"].reached
    assert reached["overshoot"].reached
    assert "[x]" in reached["overshoot"].line()


def test_the_classical_oracle_is_a_bar_where_it_was_run():
    figures = {"input": {"psnr": 20.0, "ssim": 0.5}, "int8": {"psnr": 25.0, "ssim": 0.8, "colour_shift": 0.1}}
    rivals = {"Wiener": {"psnr": 24.0, "ssim": 0.7}, "hyper-Laplacian": {"psnr": 25.5, "ssim": 0.75}}
    record = {"scene": "a", "blur": "R 4", "noise": 0.005, "figures": {**figures, **rivals}}
    found = {bar.name: bar for bar in bars.quality([record], "int8", 4.5)}
    assert found["PSNR gain at R 4, noise 0.005, dB"].figure == pytest.approx(5.0)
    assert found["PSNR above the best classical result at R 4, dB"].figure == pytest.approx(-0.5)
    assert found["SSIM above the best classical result at R 4"].reached


def test_tables_hold_means_and_every_scene():
    record = lambda scene, value: {
        "scene": scene,
        "blur": "R 4",
        "noise": 0.005,
        "figures": {"input": {"psnr": value, "ssim": value / 40}},
    }
    assert means([record("a", 20.0), record("b", 30.0)])[0]["figures"]["input"]["psnr"] == 25.0
    table = markdown([{"scene": "a", "noise": 0.005, "input": 20.123, "input SSIM": 0.51234}])
    assert table.splitlines()[2] == "| a | 0.005 | 20.12 | 0.5123 |"


def test_the_paper_like_input_reads_24_db(val_folder):
    gain, rise = bars.paper_like(load_scenes(val_folder), lambda image: image, figures_of)
    assert "input of 24.0" in gain.name or "input of 23.9" in gain.name
    assert gain.figure == pytest.approx(0) and rise.figure == pytest.approx(0)


def test_nothing_to_evaluate_or_no_quality_is_a_usage_error(val_folder):
    for options in ([], ["--model", "m.safetensors", "--no-engine"], ["--model", "m.safetensors", "--jpeg", "0"]):
        with pytest.raises(SystemExit):
            main(["--val", str(val_folder), *options])


def test_gain_beside_gaps_tells_what_a_restorer_does_there():
    scenes = {"one": dead_leaves(192, 192, 3)}
    condition = defocus(4.0, 0.0)

    def halve(image, valid):
        """Halves the error where nothing is missing, and does nothing else."""
        return scenes["one"] / 255 * 0.5 + image / 255 * 0.5 if valid is None else image

    rows = gaps.gains(scenes, halve, condition)
    assert [row["border"] for row in rows] == list(gaps.BORDERS)
    halved = 20 * np.log10(2)
    for row in rows:
        assert row["near"] == pytest.approx(0) and row["far"] == pytest.approx(0)
        assert row["there"] == pytest.approx(halved, abs=1e-6)
    assert gaps.markdown(gaps.means(rows)).count("\n") == 1 + len(gaps.BORDERS)


def test_distance_to_gaps_is_euclidean():
    valid = np.ones((40, 40), bool)
    valid[20, 20] = False
    rows, columns = np.mgrid[:40, :40] - 20
    assert (gaps._within(8, valid) == (rows**2 + columns**2 <= 64)).all()
