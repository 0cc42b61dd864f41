"""3x3 convolutions of training by Winograd F(4x4, 3x3), on CPUs in single precision; PyTorch has direct ones there.

Lavin and Gray, arXiv 1509.09308. The kernels (winograd.cc) are compiled for this processor at first use.
"""

import ctypes
import functools
import subprocess
import tempfile
from pathlib import Path

import torch
from torch import nn

COMPILE = ["c++", "-std=c++17", "-O3", "-march=native", "-fPIC", "-shared", "-pthread"]
SOURCE = Path(__file__).with_name("winograd.cc")
CHANNELS = 16  # channel counts are multiples of this
TILE = 4  # heights and widths are multiples of this
POINTS = 36
PARTS = 8  # of the tiles, whose gradients are summed apart: fixed, so that the number of threads changes no bit

G = torch.tensor([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24
G_BOTH_WAYS = torch.kron(G, G)  # (36,9)


@functools.cache
def kernels():
    """The compiled functions; raises RuntimeError with the compiler's words."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "winograd.so")
        try:
            subprocess.run([*COMPILE, str(SOURCE), "-o", str(library)], check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            why = getattr(error, "stderr", None) or error
            raise RuntimeError(
                f"cannot compile {SOURCE} ({why}): install a C++17 compiler, or leave --winograd out"
            ) from error
        loaded = ctypes.PyDLL(str(library))  # one call at a time: they share scratch memory
    pointer, size = ctypes.c_void_p, ctypes.c_int64
    loaded.convolve.argtypes = [pointer] * 4 + [size] * 5 + [ctypes.c_int]
    loaded.weight_gradient.argtypes = [pointer] * 4 + [size] * 6 + [ctypes.c_int]
    loaded.convolve.restype = loaded.weight_gradient.restype = None
    return loaded


def _transformed(weight):
    """G w G^T of (K,C,3,3) as (36,C,K)."""
    k, c = weight.shape[:2]
    return (G_BOTH_WAYS @ weight.permute(2, 3, 1, 0).reshape(9, c * k)).view(POINTS, c, k)


def _nhwc(x):
    return x.contiguous(memory_format=torch.channels_last)


def _address(tensor):
    return None if tensor is None else tensor.data_ptr()


def _convolved(x, transformed, bias):
    (n, c, h, w), k = x.shape, transformed.shape[2]
    y = torch.empty((n, k, h, w), memory_format=torch.channels_last)
    pointers = map(_address, (x, transformed, bias, y))
    kernels().convolve(*pointers, n, h, w, c, k, torch.get_num_threads())
    return y


def _weight_gradient(x, gradient):
    """Gradients of weight (K,C,3,3) and bias (K)."""
    (n, c, h, w), k = x.shape, gradient.shape[1]
    transformed, sums = torch.zeros(PARTS, POINTS, c, k), torch.zeros(PARTS, k)
    pointers = map(_address, (x, gradient, transformed, sums))
    kernels().weight_gradient(*pointers, PARTS, n, h, w, c, k, torch.get_num_threads())
    weight = (G_BOTH_WAYS.t() @ transformed.sum(0).view(POINTS, c * k)).view(3, 3, c, k).permute(3, 2, 0, 1)
    return weight, sums.sum(0)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias):
        x = _nhwc(x)
        ctx.save_for_backward(x, weight)
        return _convolved(x, _transformed(weight), bias)

    @staticmethod
    def backward(ctx, gradient):
        (x, weight), gradient = ctx.saved_tensors, _nhwc(gradient)
        of_input = None
        if ctx.needs_input_grad[0]:
            of_input = _convolved(gradient, _transformed(weight.flip(2, 3).transpose(0, 1)), None)
        return of_input, *_weight_gradient(x, gradient)


class WinogradConv2d(nn.Conv2d):
    """A 3x3 convolution of stride 1 and padding 1 with channel counts that are multiples of 16."""

    def forward(self, x):
        fits = x.shape[-1] % TILE == x.shape[-2] % TILE == 0
        if fits and x.dtype == torch.float32 and x.device.type == "cpu":
            return _Convolution.apply(x, self.weight, self.bias)
        return super().forward(x)


def _suits(module):
    if type(module) is not nn.Conv2d or module.bias is None:
        return False
    geometry = module.kernel_size, module.stride, module.padding, module.dilation, module.groups
    plain = geometry == ((3, 3), (1, 1), (1, 1), (1, 1), 1)
    return plain and module.in_channels % CHANNELS == module.out_channels % CHANNELS == 0


def use_winograd(model):
    """Lets the convolutions of `model` that can run on the kernels do so; parameters and their names stay."""
    kernels()
    for module in filter(_suits, model.modules()):
        module.__class__ = WinogradConv2d
    return model
