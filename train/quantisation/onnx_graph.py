"""The integer model as an ONNX graph of QuantizeLinear / DequantizeLinear pairs, for other runtimes and as an oracle.

Input `image` and output `restored`: uint8, (1,3,H,W), H and W multiples of 4. The trunks are int16 (opset 21). The
network computes what docs/model-format.md states wherever single precision holds the sums between the pairs, as with
scales that are powers of two. With other scales a rare code falls on the other side of a tie, and the layers after it
spread the difference.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..network.graph import FAM_FACTORS, IMAGE, PRODUCT, network
from ..network.weights import replace_file
from .int_model import FINE_STEPS

OPSET = 21  # the first with int16 in QuantizeLinear
IR_VERSION = 10


class Writer:
    """Collects nodes and constants; methods return the name of what they make."""

    def __init__(self, tensors):
        self.tensors, self.nodes, self.constants, self.names = tensors, [], {}, 0

    def node(self, op, inputs, **attributes):
        self.names += 1
        name = f"{op}_{self.names}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def constant(self, values):
        values = np.asarray(values)
        name = f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(values, name)
        return name

    def quantise(self, x, scale, zero):
        return self.node("QuantizeLinear", [x, self.constant(np.float32(scale)), self.constant(zero)])

    def dequantise(self, x, scale, zero, **attributes):
        return self.node("DequantizeLinear", [x, self.constant(scale), self.constant(zero)], **attributes)

    def requantised(self, x, scale, zero):
        """Real values as they read after a pass through 8 (int8 zero) or 16 bits (int16 zero)."""
        return self.dequantise(self.quantise(x, scale, zero), np.float32(scale), zero)

    def pick(self, x, step):
        axes, far = self.constant(np.array([2, 3])), self.constant(np.array([2**31 - 1] * 2))
        return self.node("Slice", [x, self.constant(np.array([0, 0])), far, axes, self.constant(np.array([step] * 2))])

    def upsample(self, x, factor):
        scales = self.constant(np.array([1, 1, factor, factor], np.float32))
        nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self.node("Resize", [x, "", scales], **nearest)


class QuantisedGraph(Writer):
    """Real values of every 8-bit tensor by key, and of the trunk that is being added to."""

    def __init__(self, tensors, num_res, base):
        super().__init__(tensors)
        self.specs = network(num_res, base)
        self.copies, self.trunk = {}, None

    def convolve(self, spec, sources):
        """The real pre-activation. All sources are read with the scale of the first, as their weights expect."""
        read = lambda name: self.tensors[f"{spec.key}.{name}"]
        weight = self.dequantise(
            self.constant(read("weight")),
            read("weight_scale"),
            np.zeros_like(read("weight_scale"), np.int8),
            axis=spec.out_axis,
        )
        steps = (read("input_scale")[0].astype(np.float64) * read("weight_scale")).astype(np.float32)
        bias = self.dequantise(self.constant(read("bias")), steps, np.zeros_like(read("bias")), axis=0)
        side = read("weight").shape[-1]
        pads = [1] * 4 if spec.transposed else [side // 2] * 4
        op = "ConvTranspose" if spec.transposed else "Conv"
        x = self.node("Concat", sources, axis=1) if len(sources) > 1 else sources[0]
        x = self.node(op, [x, weight, bias], kernel_shape=[side] * 2, strides=[spec.stride] * 2, pads=pads)
        return self.node("Relu", [x]) if spec.relu else x

    def sources(self, spec, image):
        """Source values as this layer reads them, at its resolution."""
        found = []
        for index, source in enumerate(spec.sources):
            scale, first = (self.tensors[f"{spec.key}.input_scale"][i] for i in (index, 0))
            x = image[spec.key[:4]] if source == IMAGE else self.copies[source]
            x = self.resampled(spec, index, x)
            ratio = np.float32(np.float64(first) / np.float64(scale))
            found.append(x if ratio == 1 else self.node("Mul", [x, self.constant(ratio)]))
        return found

    def resampled(self, spec, index, x):
        """The sources of a fusion (full, half, quarter) at the scale of its output."""
        if not spec.key.startswith("AFFs") or len(spec.sources) == 1:
            return x
        level = index - int(spec.key[5])  # halvings of the source relative to the output
        return x if level == 0 else self.pick(x, 2) if level < 0 else self.upsample(x, 2**level)

    def write(self, spec, image):
        if spec.key in FAM_FACTORS:
            self.multiply(spec)
        x = self.convolve(spec, self.sources(spec, image))
        if spec.stage:
            scale = self.tensors[f"{spec.stage}.trunk_scale"][0]
            if spec.kind == "add":  # rounded before the sum, so that ties do not depend on the trunk
                x = self.node("Add", [self.trunk, self.requantised(x, scale, np.int16(0))])
            x = self.trunk = self.requantised(x, scale, np.int16(0))
        if spec.kind == "last":
            return self.quantise(x, self.tensors[f"{spec.key}.output_scale"][0], np.int16(0))
        scale, zero = (self.tensors[f"{spec.key}.output_{name}"][0] for name in ("scale", "zero_point"))
        self.copies[spec.key] = self.requantised(x, scale, np.int8(zero))
        return x

    def compose(self, residual):
        """restored = image + residual / 16, in levels: exact in single precision, so that ties round to even."""
        levels, steps = (self.node("Cast", [x], to=TensorProto.FLOAT) for x in ("image", residual))
        share = self.node("Mul", [steps, self.constant(np.float32(1 / FINE_STEPS))])
        rounded = self.node("Round", [self.node("Add", [levels, share])])
        within = self.node("Clip", [rounded, self.constant(np.float32(0)), self.constant(np.float32(255))])
        self.nodes.append(helper.make_node("Cast", [within], ["restored"], to=TensorProto.UINT8))

    def multiply(self, spec):
        a, b = (self.copies[factor] for factor in FAM_FACTORS[spec.key])
        scale, zero = (self.tensors[f"{spec.key}.input_{name}"][0] for name in ("scale", "zero_point"))
        self.copies[spec.key + PRODUCT] = self.requantised(self.node("Mul", [a, b]), scale, np.int8(zero))


def onnx_model(tensors, num_res, base):
    """ModelProto of the tensors of a model file (name -> numpy array)."""
    graph = QuantisedGraph(tensors, num_res, base)
    full = graph.dequantise("image", tensors[f"{graph.specs[0].key}.input_scale"][0], np.uint8(0))
    image = {"SCM2": graph.pick(full, 2), "SCM1": graph.pick(full, 4), "feat": full}
    for spec in graph.specs:
        last = graph.write(spec, image)
    graph.compose(last)
    ports = [
        helper.make_tensor_value_info(name, TensorProto.UINT8, [1, 3, "height", "width"])
        for name in ("image", "restored")
    ]
    made = helper.make_graph(graph.nodes, "mimo-unet", ports[:1], ports[1:], list(graph.constants.values()))
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="perifocal"
    )


def write_onnx(path, tensors, num_res, base):
    model = onnx_model(tensors, num_res, base)
    onnx.checker.check_model(model)
    replace_file(path, lambda file: file.write(model.SerializeToString()))
