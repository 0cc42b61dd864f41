"""What a folder of images holds, and which images show the same place: python -m train.data.index FOLDER.

An index is a JSON list of records that can be edited and given to every command instead of the folder.
"""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .images import list_images, read_bands

# Sampling share of each origin, by relevance, not by area.
ORIGIN_SHARES = {
    ("s2_", "l5_", "l7_", "naip_"): 0.60,
    ("iss_",): 0.20,
    ("oam_",): 0.12,
    ("usgs_",): 0.06,
    ("caliterra_",): 0.02,
}
OTHER_SHARE = 0.10  # of files with any other name

NOT_PLACE = re.compile(  # sensor; then tile or quadrant, bands and ground sample distance, date and time
    r"^(s2|l5|l7)_|(_q\d|_r\d+_c\d+)(_[a-z]+)?$|_(rgb|nir|cir|swir|gray|grey|pan)(_\d+m)?$|_\d+_\d+_\d\d$"
)
DATE_SUFFIX = re.compile(r"_(19|20)\d{6}(_\d{6})?$")
FRAME_NUMBER = re.compile(r"^(.*?_)(\d{1,6})$")


class Record(NamedTuple):
    """One image file. place: images of one place are never split between training and validation."""

    file: str
    width: int
    height: int
    bands: int
    depth: int  # bits per sample
    place: str
    weight: float  # sampling probability before images are left out


def places_of(stems):
    """Place of each file name: without sensor, tile, bands and date; frames numbered without a gap are one place."""
    names = [DATE_SUFFIX.sub("", NOT_PLACE.sub("", stem)) for stem in stems]
    numbered = sorted({(m[1], int(m[2])) for m in map(FRAME_NUMBER.match, names) if m})
    first = {}
    for prefix, number in numbered:
        first[prefix, number] = first.get((prefix, number - 1), number)
    matches = [FRAME_NUMBER.match(name) for name in names]
    return [f"{m[1]}{first[m[1], int(m[2])]}" if m else name for m, name in zip(matches, names)]


def sampling_weights(names, areas):
    """Share of the origin, divided inside it by the square root of the area; sums to one."""
    origins = [next((o for o in ORIGIN_SHARES if name.startswith(o)), None) for name in names]
    weights = np.sqrt(np.asarray(areas, dtype=np.float64))
    for origin in set(origins):
        members = np.array([o == origin for o in origins])
        weights[members] *= ORIGIN_SHARES.get(origin, OTHER_SHARE) / weights[members].sum()
    return weights / weights.sum()


def index_folder(folder):
    """(records, images) of a folder: the images are read in full, so that a broken one is found at once."""
    files = list_images(folder)
    images = [read_bands(path) for path in files]
    weights = sampling_weights([p.name for p in files], [i.shape[0] * i.shape[1] for i in images])
    records = [
        Record(str(path), i.shape[1], i.shape[0], i.shape[2], 8 * i.itemsize, place, float(weight))
        for path, i, place, weight in zip(files, images, places_of([p.stem for p in files]), weights)
    ]
    return records, images


def load_index(path):
    """(records, images) of an index file; relative names are taken from its folder."""
    try:
        records = [Record(**entry) for entry in json.loads(Path(path).read_text(encoding="utf-8"))]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} is no index ({error}): write one with python -m train.data.index") from error
    if not records:
        raise ValueError(f"{path} lists no image")
    return records, [read_bands(Path(path).parent / record.file) for record in records]


def load(source):
    """(records, images) of a folder or an index file."""
    return load_index(source) if Path(source).suffix == ".json" else index_folder(source)


def held_out_places(places, share):
    """The places that validation keeps: those whose names hash lowest, the same in every run; at least one."""
    digest = lambda place: hashlib.sha256(place.encode()).hexdigest()
    ordered = sorted(set(places), key=digest)
    return set(ordered[: max(1, round(share * len(ordered)))] if share > 0 else [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m train.data.index", description=__doc__)
    parser.add_argument("folder")
    json.dump([record._asdict() for record in index_folder(parser.parse_args().folder)[0]], sys.stdout, indent=1)
