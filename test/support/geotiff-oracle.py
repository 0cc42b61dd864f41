"""Writes GeoTIFFs of many kinds with GDAL, and compares what became of them. Needs rasterio and rio-cogeo.

geotiff-oracle.py write FOLDER
geotiff-oracle.py compare FOLDER SUFFIX    JSON: a list of differences for each <name>.tif and <name>SUFFIX
geotiff-oracle.py cog FILE...              JSON: what rio cogeo validate --strict says against each file
"""

import itertools
import json
import math
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.rpc import RPC
from rasterio.transform import Affine, from_origin
from rio_cogeo.cogeo import cog_validate

warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)

WIDTH, HEIGHT = 52, 44
NORTH_UP = {"crs": "EPSG:32633", "transform": from_origin(500000.25, 5200000.75, 10, 10)}
ROTATED = {"crs": "EPSG:3031", "transform": Affine(8.5, 1.25, 1000, 1.5, -9.5, 2000)}
GEOGRAPHIC = {"crs": "EPSG:4326", "transform": from_origin(-70.123456789, 12.987654321, 1 / 3600, 1 / 3600)}
CUSTOM = {
    "crs": "+proj=laea +lat_0=12.5 +lon_0=-7.25 +x_0=1000 +y_0=2000 +ellps=GRS80 +units=m",
    "transform": from_origin(0, 0, 2.5, 5),
}
CORNERS = [(0, 0, 10.0, 50.0), (0, WIDTH, 10.5, 50.1), (HEIGHT, 0, 9.9, 49.5), (HEIGHT, WIDTH, 10.4, 49.6)]
GCPS = [GroundControlPoint(row, column, x, y, 12.5) for row, column, x, y in CORNERS]
COEFFICIENTS = [(-1) ** power * 10.0**-power / 3 for power in range(20)]
RATIONAL = RPC(
    height_off=120.5,
    height_scale=500.25,
    lat_off=12.345678901,
    lat_scale=0.123456789,
    line_den_coeff=[1.0, *COEFFICIENTS[1:]],
    line_num_coeff=COEFFICIENTS,
    line_off=22.5,
    line_scale=22.25,
    long_off=-70.987654321,
    long_scale=0.2,
    samp_den_coeff=[1.0, *COEFFICIENTS[1:]],
    samp_num_coeff=COEFFICIENTS[::-1],
    samp_off=26.5,
    samp_scale=26.25,
    err_bias=0.5,
    err_rand=0.25,
)
LZW_STRIPS = {"compress": "lzw", "predictor": 2, "blockysize": 7}
DEFLATE_TILES = {"compress": "deflate", "tiled": True, "blockxsize": 16, "blockysize": 32}
PLAIN_PLANES = {"interleave": "band"}
PLANAR_TILES = {"interleave": "band", "tiled": True, "blockxsize": 32, "blockysize": 16, "compress": "lzw"}
BIG = {"bigtiff": "yes", "compress": "zstd"}


def cases():
    """Name, keywords of rasterio, what else is written."""
    yield from plain_cases()
    yield from storage_cases()
    for name, place in {"up": NORTH_UP, "turned": ROTATED, "geographic": GEOGRAPHIC, "custom": CUSTOM}.items():
        yield name, {"count": 1, "dtype": "uint16", **place}, {}
        yield f"{name}-float", {"count": 3, "dtype": "float32", "nodata": -9999.0, **place, **DEFLATE_TILES}, {}
    for orientation in range(1, 9):
        place = {**ROTATED, **DEFLATE_TILES} if orientation % 2 else {**NORTH_UP, **LZW_STRIPS}
        yield f"oriented-{orientation}", {"count": 2, "dtype": "uint16", **place}, {"orientation": orientation}
    yield "gcps", {"count": 1, "dtype": "uint8"}, {"gcps": GCPS}
    yield "rpc", {"count": 4, "dtype": "uint16"}, {"rpcs": RATIONAL}
    for name, nodata, dtype in [
        ("zero", 0, "uint16"),
        ("most", 65535, "uint16"),
        ("byte", 255, "uint8"),
        ("nan", math.nan, "float32"),
        ("lowest", -3.4028234663852886e38, "float32"),
    ]:
        yield f"nodata-{name}", {"count": 2, "dtype": dtype, "nodata": nodata, **NORTH_UP}, {"alpha": False}
    yield "alpha", {"count": 4, "dtype": "uint8", "photometric": "rgb", "alpha": "yes", **NORTH_UP}, {"alpha": True}
    for name, where in {"inside": True, "beside": False}.items():
        masked = {"count": 3, "dtype": "uint16", "photometric": "rgb", **NORTH_UP}
        yield f"mask-{name}", masked, {"mask": where}
        yield f"mask-{name}-tiles", {**masked, **DEFLATE_TILES, "width": 601, "height": 523}, {"mask": where}
    for name, layout in {"strips": {}, "tiles": DEFLATE_TILES, "planes": PLANAR_TILES}.items():
        five = {"count": 5, "dtype": "uint16", "photometric": "rgb", "width": 600, **layout, **NORTH_UP}
        yield f"alpha-before-infrared-{name}", five, {"alpha": True}
    yield "near-infrared", {"count": 4, "dtype": "uint16", "photometric": "rgb", "alpha": "no", **NORTH_UP}, {}


def plain_cases():
    layouts = [LZW_STRIPS, DEFLATE_TILES, PLAIN_PLANES, PLANAR_TILES, BIG]
    for count in [1, 3, 4, 5, 13]:
        for index, dtype in enumerate(["uint8", "uint16", "float32"]):
            layout = layouts[(count + index) % len(layouts)]
            if dtype == "float32" and layout is LZW_STRIPS:
                layout = {**layout, "predictor": 3}
            yield f"bands-{count}-{dtype}", {"count": count, "dtype": dtype, **NORTH_UP, **layout}, {"names": True}


def storage_cases():
    """Each way of storing samples, with types, bands, places and ways to be missing in turn."""
    compressions = [
        {},
        {"compress": "packbits"},
        {"compress": "lzw", "predictor": 1},
        {"compress": "lzw", "predictor": 2},
        {"compress": "deflate", "predictor": 1},
        {"compress": "deflate", "predictor": 2},
        {"compress": "zstd", "predictor": 2},
    ]
    shapes = [{"blockysize": 5}, {"tiled": True, "blockxsize": 48, "blockysize": 16}]
    places = [NORTH_UP, ROTATED, GEOGRAPHIC, {}]
    ways = itertools.product(compressions, shapes, ["pixel", "band"])
    for index, (compression, shape, interleave) in enumerate(ways):
        dtype = ["uint8", "uint16", "int16", "float32", "int8"][index % 5]
        is_predicted = dtype == "float32" and compression.get("predictor") == 2
        packed = {**compression, "predictor": 3} if is_predicted else compression
        form = {"endianness": ["little", "big"][index // 3 % 2], "bigtiff": ["no", "yes"][index // 5 % 2]}
        missing = [{}, {"nodata": 7}, {"nodata": 0}][index % 3]
        keywords = {"count": [1, 2, 3, 5][index // 2 % 4], "dtype": dtype, "interleave": interleave, "alpha": "no"}
        place = {"rpcs": RATIONAL} if index % 7 == 3 else {"gcps": GCPS} if index % 7 == 5 else {}
        where = {} if place else places[index % 4]
        masked = {} if missing or index % 2 else {"mask": True}
        settings = {**keywords, **packed, **shape, **form, **missing, **where}
        yield f"storage-{index}", settings, {**place, **masked, "names": index % 3 == 1}


def samples(count, dtype, nodata=None, width=WIDTH, height=HEIGHT, **_):
    """Smooth scenes with noise; the upper left corner is missing where there is a nodata value."""
    random = np.random.default_rng(5)
    rows, columns = np.mgrid[:height, :width]
    scene = np.stack([0.5 + 0.3 * np.sin(columns / (5 + band)) * np.cos(rows / 7) for band in range(count)])
    scene = scene + 0.01 * random.standard_normal(scene.shape)
    white = {"uint8": 255, "uint16": 65535, "int8": 127, "int16": 32767, "float32": 1}[dtype]
    data = (scene * white).astype(dtype)
    if nodata is not None:
        data[data == np.array(nodata, dtype)] = white / 2
        data[:, :12, :12] = nodata
    return data


def write(folder):
    for name, keywords, others in cases():
        data = samples(**keywords)
        profile = {"driver": "GTiff", "width": WIDTH, "height": HEIGHT, **keywords}
        where = rasterio.Env(GDAL_TIFF_INTERNAL_MASK=others.get("mask", True))
        with where, rasterio.open(folder / f"{name}.tif", "w", **profile) as file:
            if others.get("alpha"):
                data[3] = 255
                data[3, 5:9, 5:30] = 0
                more = [ColorInterp.undefined] * (len(data) - 4)
                file.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha, *more]
            file.write(data)
            if "mask" in others:
                file.write_mask(mask_like(data[0]))
            if "gcps" in others:
                file.gcps = (others["gcps"], rasterio.crs.CRS.from_epsg(4326))
            if "rpcs" in others:
                file.rpcs = others["rpcs"]
            if others.get("names"):
                describe(file)
        if "orientation" in others:
            orient(folder / f"{name}.tif", others["orientation"])


ORIENTATION = 274


def entries_of(data):
    """The entries of the first directory of a little classic TIFF."""
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    return [data[start + 2 + 12 * index :][:12] for index in range(count)]


def orient(path, orientation):
    """Says in a file how it is oriented, which GDAL neither writes nor heeds: in a new directory at its end."""
    data = path.read_bytes()
    entries = [*entries_of(data), struct.pack("<HHIHH", ORIENTATION, 3, 1, orientation, 0)]
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry))
    data += bytes(len(data) % 2)
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    path.write_bytes(data[:4] + struct.pack("<I", len(data)) + data[8:] + directory)


def orientation_of(path):
    """What a classic TIFF says of its orientation; upright where it says nothing."""
    data = Path(path).read_bytes()
    tags = {tag: value for tag, _, _, value, _ in (struct.unpack("<HHIHH", entry) for entry in entries_of(data))}
    return tags.get(ORIENTATION, 1)


def mask_like(plane):
    """A corner, a column and pixels here and there are missing."""
    mask = np.full(plane.shape, 255, np.uint8)
    mask[:12, :12] = mask[:, 20] = mask[::7, ::5] = 0
    return mask


def describe(file):
    file.descriptions = [f"band {band} \N{DEGREE SIGN} <&> \"name\"" for band in range(file.count)]
    file.scales = [0.5 + band for band in range(file.count)]
    file.offsets = [10.0 * band for band in range(file.count)]
    file.update_tags(TIFFTAG_IMAGEDESCRIPTION="a scene", TIFFTAG_DATETIME="2026:01:02 03:04:05", sensor="s <1>")
    file.update_tags(1, STATISTICS_MINIMUM="1", STATISTICS_MAXIMUM="2", wavelength="443")
    file.update_tags(ns="mine", STATISTICS_MINIMUM="kept")


def same_numbers(a, b):
    """Whether two lists of numbers are equal to 1e-9."""
    pairs = zip(a, b, strict=True)
    return all(math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12) or (x != x and y != y) for x, y in pairs)


def differences(before, after):
    found = []
    for name in [
        "width",
        "height",
        "count",
        "dtypes",
        "crs",
        "descriptions",
        "units",
        "colorinterp",
        "mask_flag_enums",
    ]:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            found.append(f"{name}: {old} became {new}")
    for name in ["transform", "scales", "offsets"]:
        old, new = getattr(before, name), getattr(after, name)
        if not same_numbers(old, new):
            found.append(f"{name}: {old} became {new}")
    if not same_numbers(before.nodatavals, after.nodatavals) if before.nodata is not None else after.nodata is not None:
        found.append(f"nodata: {before.nodatavals} became {after.nodatavals}")
    found += [
        f"band {band} is not the alpha that it was"
        for band, meaning in enumerate(before.colorinterp, 1)
        if meaning == ColorInterp.alpha and not np.array_equal(before.read(band), after.read(band))
    ]
    if not np.array_equal(before.read_masks(), after.read_masks()):
        found.append("other pixels are masked")
    return found + tag_differences(before, after) + place_differences(before, after)


def tag_differences(before, after):
    found = []
    for namespace in [None, "mine"]:
        for band in range(before.count + 1):
            old = {key: value for key, value in before.tags(band, ns=namespace).items() if kept(key, namespace)}
            new = after.tags(band, ns=namespace)
            if old != new:
                found.append(f"tags of band {band}: {old} became {new}")
    return found


def kept(key, namespace):
    return namespace is not None or not key.startswith("STATISTICS_")


def place_differences(before, after):
    found = []
    (old, old_crs), (new, new_crs) = before.gcps, after.gcps
    points = [[[p.row, p.col, p.x, p.y, p.z] for p in side] for side in (old, new)]
    if len(old) != len(new) or old_crs != new_crs or not same_numbers(sum(points[0], []), sum(points[1], [])):
        found.append(f"ground control points: {old} became {new}")
    if (before.rpcs and before.rpcs.to_gdal()) != (after.rpcs and after.rpcs.to_gdal()):
        found.append(f"RPC: {before.rpcs} became {after.rpcs}")
    missing = [
        np.isnan(side) if math.isnan(before.nodata or 0) else side == before.nodata
        for side in (before.read(), after.read())
    ]
    if before.nodata is not None and not np.array_equal(*missing):
        found.append("other samples are missing")
    return found


def compare(folder, suffix):
    result = {}
    for name, _, _ in cases():
        path = folder / f"{name}{suffix}"
        if not path.exists():
            result[name] = ["there is no output"]
            continue
        with rasterio.open(folder / f"{name}.tif") as before, rasterio.open(path) as after:
            result[name] = differences(before, after) + overview_differences(path, before, after)
            if name.startswith("oriented"):
                result[name] += orientation_differences(folder / f"{name}.tif", path, before.read(), after.read())
    print(json.dumps(result))


def orientation_differences(old, new, before, after):
    """The tag stays, and pixels stay where they are: what a restoration changes of them is little."""
    found = [] if orientation_of(old) == orientation_of(new) else ["it has another orientation"]
    likeness = np.corrcoef(before.ravel(), after.ravel())[0, 1]
    return found if likeness > 0.8 else [*found, f"its pixels lie elsewhere: their correlation is {likeness}"]


def overview_differences(path, before, after):
    """An overview shows a pixel where any of the four pixels below it is there."""
    if before.mask_flag_enums[0][0] != MaskFlags.per_dataset or not after.overviews(1):
        return []
    mask = before.dataset_mask()
    mask = np.pad(mask, [(0, side % 2) for side in mask.shape])
    expected = np.maximum.reduce([mask[row::2, column::2] for row in (0, 1) for column in (0, 1)])
    with rasterio.open(path, overview_level=0) as overview:
        return [] if np.array_equal(overview.dataset_mask(), expected) else ["its overview has another mask"]


def validate(paths):
    result = {}
    for path in paths:
        is_valid, errors, warned = cog_validate(path, strict=True)
        result[Path(path).name] = [*errors, *warned] if not is_valid else []
    print(json.dumps(result))


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "write":
        write(Path(rest[0]))
    elif command == "compare":
        compare(Path(rest[0]), rest[1])
    else:
        validate(rest)
