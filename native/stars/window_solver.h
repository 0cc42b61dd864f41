// Many small windows deconvolved at once, each by one thread: their transforms are too short to share.
#pragma once

#include <vector>

#include "deconvolution/kernels.h"
#include "deconvolution/shape.h"
#include "fft/kernels.h"
#include "runtime/status.h"
#include "runtime/team.h"

namespace perifocal {

struct WindowPsf {
  const double* kernel;
  int radiusX, radiusY;
  bool symmetric;
};

struct StarWindow {
  int width, height;
  int psf;
  int steps;
  bool isAtEdge;  ///< of the frame: beyond it there may be light, which is unknown
};

struct WindowRequest {
  SolverShape shape;  ///< but for sizes, PSF and threads; its boundary is that of windows inside the frame
  SolverSettings settings;
  std::vector<WindowPsf> psfs;
  std::vector<StarWindow> windows;
  float* values;    ///< of all windows, one after the other; the estimates when done
  double scale;     ///< what is 1 to the solver, above the median of a window
  double pedestal;  ///< light left below that median
};

/// Replaces every value v by the estimate for (v - level) / scale, level = median - pedestal, and writes the levels.
/// The same bits for any number of threads.
Status solveWindows(const WindowRequest& request, const FftKernels& fft, const DeconvolutionKernels& kernels,
                    Team& team, double* levels);

}  // namespace perifocal
