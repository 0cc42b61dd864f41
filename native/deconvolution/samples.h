// Rows of one channel of an interleaved frame.
#pragma once

#include "deconvolution/shape.h"

namespace perifocal {

/// The same channel from a later pixel on.
SourceWindow partOf(const SourceWindow& window, int left, int top);

/// Samples of row y of a window, side by side. `out` has the window's type.
void copyRow(const SourceWindow& window, int y, int count, void* out);

/// Row y in units of full scale, side by side; floats as they are.
void readRow(const SourceWindow& window, int y, int count, float* out);

/// Writes row y: values in units of full scale, rounded to nearest and clamped; floats as they are.
void storeRow(const float* values, const TargetWindow& window, int y, int count);

/// Adds row y times its weights.
void blendRow(const float* values, const BlendWindow& window, int y, int count);

}  // namespace perifocal
