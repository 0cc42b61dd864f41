"""Transforms of scipy and FFTW, timed on request: a JSON object a line in, a JSON object a line out.

{"peers": true}                                             -> {"scipy": version or null, "fftw": version or null}
{"peer": "fftw", "shape": [512, 512], "threads": 1, "inverse": false, "repeats": 3} -> {"seconds": the fastest}
"""

import ctypes
import json
import sys
import time

import numpy as np

try:
    import scipy
    import scipy.fft
except ImportError:
    scipy = None

FFTW_MEASURE = 0


def load_fftw():
    try:
        library = ctypes.CDLL('libfftw3f.so.3')
        threads = ctypes.CDLL('libfftw3f_threads.so.3')
    except OSError:
        return None
    library.fftwf_malloc.restype = ctypes.c_void_p
    library.fftwf_malloc.argtypes = [ctypes.c_size_t]
    for name in ('fftwf_plan_dft_r2c', 'fftwf_plan_dft_c2r'):
        function = getattr(library, name)
        function.restype = ctypes.c_void_p
        function.argtypes = [
            ctypes.c_int,
            ctypes.POINTER(ctypes.c_int),
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_uint,
        ]
    library.fftwf_execute.argtypes = [ctypes.c_void_p]
    threads.fftwf_init_threads()
    library.plan_with_threads = threads.fftwf_plan_with_nthreads
    return library


fftw = load_fftw()
plans = {}


def fftw_transform(shape, threads, inverse):
    """A measured plan, made once; its c2r overwrites its input, which scipy and perifocal do not."""
    key = (*shape, threads, inverse)
    if key not in plans:
        bins = [*shape[:-1], shape[-1] // 2 + 1]
        values = fftw.fftwf_malloc(4 * int(np.prod(shape)))
        spectrum = fftw.fftwf_malloc(8 * int(np.prod(bins)))
        sides = (ctypes.c_int * len(shape))(*shape)
        fftw.plan_with_threads(threads)
        if inverse:
            plan = fftw.fftwf_plan_dft_c2r(len(shape), sides, spectrum, values, FFTW_MEASURE)
        else:
            plan = fftw.fftwf_plan_dft_r2c(len(shape), sides, values, spectrum, FFTW_MEASURE)
        # Planning leaves zeros or worse; time it on numbers.
        count, address = (2 * int(np.prod(bins)), spectrum) if inverse else (int(np.prod(shape)), values)
        array = np.ctypeslib.as_array((ctypes.c_float * count).from_address(address))
        array[:] = np.random.default_rng(1).random(count, dtype=np.float32)
        plans[key] = plan
    return lambda: fftw.fftwf_execute(plans[key])


def scipy_transform(shape, threads, inverse):
    values = np.random.default_rng(1).random(shape, dtype=np.float32)
    if not inverse:
        return lambda: scipy.fft.rfftn(values, workers=threads)
    spectrum = scipy.fft.rfftn(values)
    return lambda: scipy.fft.irfftn(spectrum, s=shape, workers=threads)


def fftw_version():
    return ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(fftw, 'fftwf_version'))).decode()


def answer(request):
    if request.get('peers'):
        return {'scipy': scipy and scipy.__version__, 'fftw': fftw and fftw_version()}
    make = fftw_transform if request['peer'] == 'fftw' else scipy_transform
    run = make(request['shape'], request['threads'], request['inverse'])
    fastest = float('inf')
    for _ in range(request['repeats']):
        begin = time.perf_counter()
        run()
        fastest = min(fastest, time.perf_counter() - begin)
    return {'seconds': fastest}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
