"""Reads images of 8 or 16 bits and any number of bands."""

from pathlib import Path

import numpy as np
from PIL import Image

IMAGE_SUFFIXES = {".png", ".webp", ".jpg", ".jpeg", ".tif", ".tiff"}
STRETCH_PERCENTILES = (0.2, 99.8)  # of 16-bit images, pooled over bands: colours are kept

EIGHT_BIT_MODES = {"L": "L", "LA": "L", "RGB": "RGB", "RGBA": "RGB", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB"}
SIXTEEN_BIT_MODES = {"I;16", "I;16B", "I;16L", "I"}  # Pillow reads a 16-bit grey PNG as I


def list_images(folder):
    """Image files directly in `folder`, sorted."""
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"{folder} is no folder: expected a folder of images or an index file (.json)")
    files = sorted(p for p in Path(folder).glob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise FileNotFoundError(f"no image in {folder}: expected files ending in {sorted(IMAGE_SUFFIXES)}")
    return files


def read_bands(path):
    """(H,W,B) uint8 or uint16; B = 1 for grey, 3 for colour, any for a TIFF. Alpha is dropped."""
    path = Path(path)
    try:
        if path.suffix.lower() in (".tif", ".tiff"):
            return _checked(path, _read_tiff(path))
        if _is_deep_png(path):
            return _checked(path, _read_deep_png(path))
        return _checked(path, _read_with_pillow(path))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise OSError(f"cannot read the image {path} ({error}): remove it or replace it") from error


def read_image(path):
    """(H,W,3) uint8: grey is repeated, the first three bands of more are taken, 16 bits are stretched."""
    bands = read_bands(path)
    if bands.dtype == np.uint16:
        bands = (stretch(bands) >> 8).astype(np.uint8)
    return np.repeat(bands, 3, axis=2) if bands.shape[2] < 3 else np.ascontiguousarray(bands[:, :, :3])


def stretch(bands):
    """uint16 bands -> uint16 over the full range by one linear map: 12-bit scenes fill a fraction of theirs."""
    low, high = np.percentile(bands[bands > 0] if bands.any() else bands, STRETCH_PERCENTILES)
    scaled = (bands.astype(np.float32) - low) * (65535 / max(high - low, 1))
    return np.rint(np.clip(scaled, 0, 65535)).astype(np.uint16)


def _checked(path, bands):
    bands = bands[:, :, None] if bands.ndim == 2 else bands
    if bands.ndim != 3 or bands.dtype not in (np.uint8, np.uint16) or 0 in bands.shape:
        raise OSError(f"it holds {bands.dtype} samples of shape {bands.shape}, expected 8 or 16 bits and 2 dimensions")
    return bands


def _read_with_pillow(path):
    Image.MAX_IMAGE_PIXELS = None  # satellite scenes are large
    with Image.open(path) as image:
        if image.mode in EIGHT_BIT_MODES:
            return np.asarray(image.convert(EIGHT_BIT_MODES[image.mode]))
        if image.mode in SIXTEEN_BIT_MODES:
            return np.asarray(image).astype(np.uint16)
        raise OSError(f"its pixels are of kind {image.mode}, expected 8 or 16 bits")


def _read_tiff(path):
    import tifffile  # only folders with TIFF files need it

    try:
        bands = tifffile.imread(path)
    except (tifffile.TiffFileError, ValueError) as error:
        raise OSError(str(error)) from error
    return np.moveaxis(bands, 0, 2) if bands.ndim == 3 and bands.shape[0] < min(bands.shape[1:]) else bands


def _is_deep_png(path):
    """A colour PNG of 16 bits, which Pillow would cut to 8."""
    with open(path, "rb") as file:
        header = file.read(26)
    return header[:8] == b"\x89PNG\r\n\x1a\n" and len(header) == 26 and header[24] == 16 and header[25] in (2, 6)


def _read_deep_png(path):
    import png  # pypng: only folders with 16-bit colour PNG need it

    try:
        width, height, rows, info = png.Reader(filename=str(path)).read()
        samples = np.vstack([np.frombuffer(row, np.uint16) for row in rows])
    except png.Error as error:
        raise OSError(str(error)) from error
    return samples.reshape(height, width, info["planes"])[:, :, :3]
