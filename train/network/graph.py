"""The layers of the integer network as data: who reads whom, and what each one writes.

Drives quantisation, the integer simulation and the check of a file (docs/model-format.md).
"""

from typing import NamedTuple

IMAGE = "image"  # source name of the input image at any scale
PRODUCT = ".input"  # suffix: the product that FAM*.merge reads


class LayerSpec(NamedTuple):
    """One convolution.

    kind: "plain" (8-bit output), "start" (begins a trunk), "add" (adds to a trunk), "last" (the residual).
    stage: whose trunk_scale it writes with; None for plain and last.
    """

    key: str
    sources: tuple
    widths: tuple  # channels of each source
    out: int
    kind: str
    relu: bool = False
    stage: str = None
    transposed: bool = False
    stride: int = 1

    @property
    def out_axis(self):
        """Axis of the output channels in the weight, PyTorch order."""
        return 1 if self.transposed else 0


def resblock_key(stage, block, conv):
    return f"{stage}.layers.{block}.main.{conv}.main.0"


def _scm(name, channels):
    quarter, half = channels // 4, channels // 2
    widths = (3, quarter, half, half, channels - 3)
    keys = [f"{name}.main.{i}.main.0" for i in range(4)]
    specs = [
        LayerSpec(keys[i], (keys[i - 1] if i else IMAGE,), (widths[i],), widths[i + 1], "plain", relu=True)
        for i in range(4)
    ]
    merge = LayerSpec(f"{name}.conv.main.0", (IMAGE, keys[3]), (3, channels - 3), channels, "plain")
    return [*specs, merge]


def _stage(stage, channels, num_res, first_source):
    specs, source = [], first_source
    for block in range(num_res):
        first, second = (resblock_key(stage, block, conv) for conv in (0, 1))
        specs.append(LayerSpec(first, (source,), (channels,), channels, "plain", relu=True))
        specs.append(LayerSpec(second, (first,), (channels,), channels, "add", stage=stage))
        source = second
    return specs


def network(num_res, base):
    """Every convolution of the runtime network in an order of execution."""
    c1, c2, c4 = base, 2 * base, 4 * base
    fe = [f"feat_extract.{i}.main.0" for i in range(6)]
    fam1, fam2 = "FAM1.merge.main.0", "FAM2.merge.main.0"
    aff = [[f"AFFs.{i}.conv.{j}.main.0" for j in (0, 1)] for i in (0, 1)]
    convs = [f"Convs.{i}.main.0" for i in (0, 1)]
    end = {s: resblock_key(s, num_res - 1, 1) for s in (f"{d}.{i}" for d in ("Encoder", "Decoder") for i in range(3))}
    scales = tuple(end[f"Encoder.{i}"] for i in range(3))

    def start(key, source, cin, cout, stage, stride=1):
        return LayerSpec(key, (source,), (cin,), cout, "start", True, stage, stride=stride)

    def fam(key, channels, stage):
        return LayerSpec(key, (key + PRODUCT,), (channels,), channels, "add", stage=stage)

    def up(key, source, cin, cout):
        return LayerSpec(key, (source,), (cin,), cout, "plain", True, transposed=True, stride=2)

    def fuse(keys, cout):
        return [
            LayerSpec(keys[0], scales, (c1, c2, c4), cout, "plain", True),
            LayerSpec(keys[1], (keys[0],), (cout,), cout, "plain"),
        ]

    def join(key, sources, cout, stage):
        return LayerSpec(key, sources, (cout, cout), cout, "start", True, stage)

    return [
        *_scm("SCM2", c2),
        *_scm("SCM1", c4),
        start(fe[0], IMAGE, 3, c1, "Encoder.0"),
        *_stage("Encoder.0", c1, num_res, fe[0]),
        start(fe[1], end["Encoder.0"], c1, c2, "Encoder.1", stride=2),
        fam(fam2, c2, "Encoder.1"),
        *_stage("Encoder.1", c2, num_res, fam2),
        start(fe[2], end["Encoder.1"], c2, c4, "Encoder.2", stride=2),
        fam(fam1, c4, "Encoder.2"),
        *_stage("Encoder.2", c4, num_res, fam1),
        *fuse(aff[1], c2),
        *fuse(aff[0], c1),
        *_stage("Decoder.0", c4, num_res, end["Encoder.2"]),
        up(fe[3], end["Decoder.0"], c4, c2),
        join(convs[0], (fe[3], aff[1][1]), c2, "Decoder.1"),
        *_stage("Decoder.1", c2, num_res, convs[0]),
        up(fe[4], end["Decoder.1"], c2, c1),
        join(convs[1], (fe[4], aff[0][1]), c1, "Decoder.2"),
        *_stage("Decoder.2", c1, num_res, convs[1]),
        LayerSpec(fe[5], (end["Decoder.2"],), (c1,), 3, "last"),
    ]


# The two tensors whose product each FAM reads: (trunk copy, SCM output), and where the product goes.
FAM_FACTORS = {
    "FAM2.merge.main.0": ("feat_extract.1.main.0", "SCM2.conv.main.0"),
    "FAM1.merge.main.0": ("feat_extract.2.main.0", "SCM1.conv.main.0"),
}


def equalisable_pairs(specs):
    """(producer, consumer, first input channel) where only the consumer reads a plain producer.

    Between such layers lies nothing or a ReLU, so a positive factor per channel can move across.
    """
    plain = {s.key: s for s in specs if s.kind == "plain"}
    readers = {}
    for spec in specs:
        offset = 0
        for source, width in zip(spec.sources, spec.widths):
            readers.setdefault(source, []).append((spec, offset))
            offset += width
    return [(plain[k], *readers[k][0]) for k in plain if len(readers.get(k, ())) == 1]
