// Richardson (1972) and Lucy (1974): x <- x * A^T(M g / A x) / A^T M, accelerated, regularised, damped, masked.
#include <algorithm>
#include <cmath>
#include <utility>

#include "deconvolution/blur.h"
#include "deconvolution/method.h"
#include "deconvolution/observation.h"
#include "deconvolution/transfer.h"
#include "deconvolution/weights.h"
#include "runtime/parallel.h"

namespace perifocal {
namespace {

constexpr double kRelativeFloor = 1e-6;  ///< of models and extrapolated estimates, times the brightest sample
constexpr float kLeastFloor = 1e-12f;    ///< for an image of zeros

/// Rows of scratch, by use.
enum ScratchRow { kObserved, kValidOrFactor, kSpare, kAcross, kDown, kDownAbove };

int estimatePlanes(const SolverShape& shape) {
  const int accelerated = shape.acceleration == Acceleration::kBiggsAndrews ? 2
                          : shape.acceleration == Acceleration::kHeavyBall  ? 1
                                                                            : 0;
  return 1 + accelerated + (shape.totalVariation ? 1 : 0);
}

class RichardsonLucy final : public Method {
 public:
  RichardsonLucy(const Workspace& workspace, Arena& arena);

  void setPsf(const Psf& psf) override {
    blur_->setPsf(psf);
    weights_.setPsf(psf);
  }
  LoadReport load(const SourceWindow& source, const ValidMask& valid, const SolverSettings& settings) override;
  StepReport step(const SolverSettings& settings) override;
  void takeRows(RowVisit consume) override;

 private:
  bool isAccelerated() const { return shape_.acceleration != Acceleration::kNone; }
  void measureLight();
  void start(const LoadReport& loaded);
  void divideModels();
  void ratioRow(int y, float* row, int thread);
  void correctModels();
  void correctByProducts();
  void correctRow(int y, int indexInBlock, float* row, int thread);
  const float* variationFactor(int y, int indexInBlock, int thread);
  void directions(int y, float* across, float* down) const;
  void keep(const Plane& plane, int y, const float* row) const;

  Workspace w_;
  const SolverShape& shape_;
  std::unique_ptr<Blur> blur_;
  Observation observation_;
  Weights weights_;
  Plane estimate_;  ///< y: what the next step starts from
  Plane latest_;    ///< x, where it differs from y: accelerated
  Plane advance_;   ///< g = x - y of the last step: Biggs and Andrews
  Plane next_;      ///< of `estimate_`, whose rows must stay while their neighbours need them: total variation

  SolverSettings settings_;
  double validPixels_ = 0;
  double observedLight_ = 0;  ///< of all that is observed, within the tile and beyond
  float floor_ = kLeastFloor;
  double lastSquare_ = 0;  ///< <g, g> of the last step
  int steps_ = 0;
};

RichardsonLucy::RichardsonLucy(const Workspace& workspace, Arena& arena) : w_(workspace), shape_(workspace.shape) {
  const BlurContext context{shape_, w_.geometry, w_.kernels, w_.fft, w_.team};
  blur_ = shape_.modes == 1 ? createInvariantBlur(context, arena) : createModalBlur(context, arena);
  observation_.create(shape_, w_.geometry, w_.kernels, arena);
  weights_.create(shape_, w_.geometry, arena);
  estimate_ = takePlane(w_.geometry, arena);
  if (isAccelerated()) latest_ = takePlane(w_.geometry, arena);
  if (shape_.acceleration == Acceleration::kBiggsAndrews) advance_ = takePlane(w_.geometry, arena);
  if (shape_.totalVariation) next_ = takePlane(w_.geometry, arena);
}

LoadReport RichardsonLucy::load(const SourceWindow& source, const ValidMask& valid, const SolverSettings& settings) {
  settings_ = settings;
  steps_ = 0;
  LoadReport loaded = observation_.load(source, valid, settings, w_.team, w_.scratch);
  validPixels_ = std::max<double>(1, static_cast<double>(loaded.validPixels));
  floor_ = std::max(kLeastFloor, static_cast<float>(kRelativeFloor * (loaded.maximum + settings.offset)));
  weights_.setMask(observation_, *blur_, w_.scratch);
  measureLight();
  start(loaded);
  divideModels();
  loaded.residual = total(w_.totals, w_.geometry.rows).residual / validPixels_;
  return loaded;
}

/// By the kernel that multiplies, of samples and their validity.
void RichardsonLucy::measureLight() {
  forEachRow(w_.team, w_.geometry.rows, [this](int y, int thread) {
    const int columns = observation_.observedColumns(y);
    float* observed = w_.scratch.row(thread, kObserved);
    float* valid = w_.scratch.row(thread, kValidOrFactor);
    float* spare = w_.scratch.row(thread, kSpare);
    if (columns > 0) observation_.values(y, observed, spare);
    if (columns > 0 && observation_.masked()) {
      observation_.valid(y, valid, spare);
    } else {
      std::fill_n(valid, columns, 1.0f);
    }
    w_.totals[y].light = w_.kernels.correct(observed, nullptr, nullptr, columns, valid);
  });
  observedLight_ = total(w_.totals, w_.geometry.rows).light;
}

/// The first estimate: flat, or the samples with the mean around them. Nothing where no light reaches a valid pixel.
void RichardsonLucy::start(const LoadReport& loaded) {
  const float mean = std::max(floor_, static_cast<float>(loaded.mean) + settings_.offset);
  const int columns = w_.geometry.columns;
  auto produceRow = [&](int y, float* out, int thread) {
    const int observed = settings_.startFlat ? 0 : observation_.observedColumns(y);
    if (observed > 0) observation_.values(y, out, w_.scratch.row(thread, kSpare));
    std::fill(out + observed, out + columns, mean);
    const float* weight = weights_.row(y);
    for (int x = 0; x < columns; ++x) {
      out[x] = weight != nullptr && weight[x] == 0.0f ? 0.0f : std::max(out[x], floor_);
    }
    keep(estimate_, y, out);
    if (isAccelerated()) keep(latest_, y, out);
  };
  auto produce = [&](int row, int count, float* rows, std::ptrdiff_t stride, int thread) {
    for (int i = 0; i < count; ++i) produceRow(row + i, rows + i * stride, thread);
  };
  blur_->start(RowVisit(produce));
}

void RichardsonLucy::divideModels() {
  auto divide = [this](int row, int count, float* rows, std::ptrdiff_t stride, int thread) {
    for (int i = 0; i < count; ++i) ratioRow(row + i, rows + i * stride, thread);
  };
  blur_->blur();
  blur_->exchangeModels(RowVisit(divide));
}

/// What is observed beyond the tile counts in the ratio, not in the residual.
void RichardsonLucy::ratioRow(int y, float* row, int thread) {
  float* observed = w_.scratch.row(thread, kObserved);
  float* valid = observation_.masked() ? w_.scratch.row(thread, kValidOrFactor) : nullptr;
  float* spare = w_.scratch.row(thread, kSpare);
  const int columns = observation_.observedColumns(y), inTile = y < w_.geometry.height ? w_.geometry.width : 0;
  if (columns > 0) observation_.values(y, observed, spare);
  if (columns > 0 && valid != nullptr) observation_.valid(y, valid, spare);
  const float damping = settings_.damping > 0 ? 2 / (settings_.damping * settings_.damping) : 0;
  const auto divide = damping > 0 ? w_.kernels.dampedRatio : w_.kernels.ratio;
  const auto divideFrom = [&](int first, int end) {
    return divide({observed + first, valid == nullptr ? nullptr : valid + first, end - first, floor_, damping},
                  row + first);
  };
  w_.totals[y].residual = divideFrom(0, inTile);
  divideFrom(inTile, columns);
  std::fill(row + columns, row + w_.geometry.columns, 0.0f);
}

StepReport RichardsonLucy::step(const SolverSettings&) {
  ++steps_;
  blur_->spread();
  if (shape_.acceleration == Acceleration::kBiggsAndrews) {
    correctByProducts();
  } else {
    correctModels();
  }
  const RowTotals corrected = total(w_.totals, w_.geometry.rows);
  divideModels();
  const double residual = total(w_.totals, w_.geometry.rows).residual / validPixels_;
  return {residual, corrected.norm > 0 ? std::sqrt(corrected.change / corrected.norm) : 0,
          observedLight_ > 0 ? corrected.light / observedLight_ : 1};
}

/// Corrections to estimates in one sweep: extrapolated by the scaled heavy ball, (k - 1) / (k + 2), or not at all.
void RichardsonLucy::correctModels() {
  const float momentum = static_cast<float>(steps_ - 1) / static_cast<float>(steps_ + 2);
  const Plane& out = shape_.totalVariation ? next_ : estimate_;
  auto correct = [&](int first, int count, float* rows, std::ptrdiff_t stride, int thread) {
    for (int i = 0; i < count; ++i) {
      float* row = rows + i * stride;
      const int y = first + i;
      correctRow(y, i, row, thread);
      if (isAccelerated()) {
        float* start = w_.scratch.row(thread, kSpare);
        w_.kernels.extrapolate(row, latest_.row(y), momentum, floor_, w_.geometry.columns, start);
        keep(latest_, y, row);
        std::copy_n(start, w_.geometry.columns, row);
      }
      keep(out, y, row);
    }
  };
  blur_->exchangeCorrections(RowVisit(correct));
  if (shape_.totalVariation) std::swap(estimate_, next_);
}

/// Biggs and Andrews 1997: how far to extrapolate is known once every pixel is corrected.
void RichardsonLucy::correctByProducts() {
  const int columns = w_.geometry.columns;
  const Plane& out = shape_.totalVariation ? next_ : estimate_;
  auto correct = [&](int first, int count, float* rows, std::ptrdiff_t stride, int thread) {
    for (int i = 0; i < count; ++i) {
      float* row = rows + i * stride;
      const int y = first + i, inTile = y < w_.geometry.height ? w_.geometry.width : 0;
      correctRow(y, i, row, thread);
      const StepProducts products = w_.kernels.advanceStep(row, estimate_.row(y), inTile, advance_.row(y));
      w_.totals[y].withLast = products.withLast;
      w_.totals[y].square = products.square;
      keep(out, y, row);
    }
  };
  blur_->readCorrections(RowVisit(correct));
  if (shape_.totalVariation) std::swap(estimate_, next_);

  const RowTotals sums = total(w_.totals, w_.geometry.rows);
  // Two steps must have been made before their directions can be compared; just below 1 keeps the ratio in [0, 1).
  const double ratio = steps_ > 1 && lastSquare_ > 0 ? sums.withLast / lastSquare_ : 0;
  const auto momentum = static_cast<float>(std::clamp(ratio, 0.0, 0.999999));
  lastSquare_ = sums.square;
  auto extrapolate = [&](int first, int count, float* rows, std::ptrdiff_t stride, int) {
    for (int i = 0; i < count; ++i) {
      float* row = rows + i * stride;
      const int y = first + i;
      w_.kernels.extrapolate(estimate_.row(y), latest_.row(y), momentum, floor_, columns, row);
      keep(latest_, y, row);
    }
  };
  blur_->start(RowVisit(extrapolate));
  std::swap(estimate_, latest_);
}

/// Correction to new estimate, with the sums that a report needs.
void RichardsonLucy::correctRow(int y, int indexInBlock, float* row, int thread) {
  const float* factor = settings_.totalVariation > 0 ? variationFactor(y, indexInBlock, thread) : nullptr;
  const int inTile = y < w_.geometry.height ? w_.geometry.width : 0;
  RowTotals& totals = w_.totals[y];
  totals.light = w_.kernels.correct(estimate_.row(y), factor, weights_.row(y), w_.geometry.columns, row);
  const Distance distance = w_.kernels.compare(row, (isAccelerated() ? latest_ : estimate_).row(y), inTile);
  totals.change = distance.change;
  totals.norm = distance.norm;
}

/// Rows of a block come in turn: the directions of the row above are those of the last call.
const float* RichardsonLucy::variationFactor(int y, int indexInBlock, int thread) {
  float* across = w_.scratch.row(thread, kAcross);
  float* down = w_.scratch.row(thread, indexInBlock % 2 == 0 ? kDown : kDownAbove);
  float* downAbove = w_.scratch.row(thread, indexInBlock % 2 == 0 ? kDownAbove : kDown);
  if (indexInBlock == 0) directions(y == 0 ? w_.geometry.rows - 1 : y - 1, across, downAbove);
  directions(y, across, down);
  across[-1] = across[w_.geometry.columns - 1];
  float* factor = w_.scratch.row(thread, kValidOrFactor);
  w_.kernels.totalVariation(across, down, downAbove, settings_.totalVariation, w_.geometry.columns, factor);
  return factor;
}

void RichardsonLucy::directions(int y, float* across, float* down) const {
  w_.kernels.direction(estimate_.row(y), estimate_.below(y), w_.geometry.columns, across, down);
}

/// Total variation looks at the column right of the last one, which is the first one.
void RichardsonLucy::keep(const Plane& plane, int y, const float* row) const {
  float* out = plane.row(y);
  std::copy_n(row, w_.geometry.columns, out);
  out[w_.geometry.columns] = out[0];
}

void RichardsonLucy::takeRows(RowVisit consume) {
  const Plane& estimate = isAccelerated() ? latest_ : estimate_;
  forEachRow(w_.team, w_.geometry.height, [&](int y, int thread) {
    float* row = w_.scratch.row(thread, kSpare);
    for (int x = 0; x < w_.geometry.width; ++x) row[x] = std::max(estimate.row(y)[x] - settings_.offset, 0.0f);
    consume.function(consume.context, y, 1, row, w_.geometry.pitch, thread);
  });
}

}  // namespace

MethodMemory richardsonLucyMemory(const SolverShape& shape, const Geometry& geometry) {
  const bool modal = shape.modes > 1;
  MethodMemory memory;
  memory.spectra = arenaBytes(RealFft2d::spectrumBytes(geometry.rows, geometry.columns));
  if (modal) memory.spectra += arenaBytes(ColumnPanels::bytes(geometry, 2 * kBinGroup));
  memory.transferFunctions = shape.modes * arenaBytes(TransferFunction::bytes(shape, geometry));
  memory.samples = arenaBytes(Observation::sampleBytes(shape)) + arenaBytes(Observation::maskBytes(shape));
  memory.weights = arenaBytes(Weights::bytes(shape, geometry));
  memory.estimates = (estimatePlanes(shape) + (modal ? 1 : 0)) * arenaBytes(geometry.planeBytes());
  return memory;
}

std::unique_ptr<Method> createRichardsonLucy(const Workspace& workspace, Arena& arena) {
  return std::make_unique<RichardsonLucy>(workspace, arena);
}

}  // namespace perifocal
