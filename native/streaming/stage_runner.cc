#include "streaming/stage_runner.h"

#include <algorithm>
#include <cstring>

#include "kernels/winograd.h"
#include "network/stage_digest.h"
#include "streaming/firing_digest.h"

namespace perifocal {

namespace {

/// Columns over which the jobs of a stage walk: a transposed convolution walks over its input, which is half as wide.
int columnsOf(const Stage& stage, int passWidth) {
  return passWidth >> (stage.kind == StageKind::kTranspose ? stage.scale + 1 : stage.scale);
}

}  // namespace

StageRunner::StageRunner(const Model& model, const PassShape& pass, const MissingBlocks& missing,
                         TransformedWeights& transformed, int thread)
    : model_(model),
      graph_(model.graph()),
      kernels_(model.kernels()),
      pass_(pass),
      missing_(missing),
      transformed_(transformed),
      thread_(thread) {
  for (const Stage& stage : graph_.stages) {
    taps_.push_back(tapsOfStage(stage));
    tapDigests_.push_back(tapDigestOf(static_cast<int>(taps_.size()) - 1));
  }
}

/// Kernel positions of a convolution over the sources that it reads; kernel rows and columns change places when the
/// pass is transposed.
std::vector<ConvTap> StageRunner::tapsOfStage(const Stage& stage) const {
  std::vector<ConvTap> taps;
  if (stage.kind != StageKind::kConvolve) return taps;
  const LayerSpec& layer = graph_.layers[stage.layer];
  int firstSource = 0;
  while (layer.sourceParts[firstSource] != stage.part) ++firstSource;
  for (const WeightTap& tap : tapsOf(layer, stage.part)) {
    const int dy = pass_.transposed ? tap.kx : tap.ky, dx = pass_.transposed ? tap.ky : tap.kx;
    taps.push_back({tap.source - firstSource, dy, dx - layer.kernel / 2});
  }
  return taps;
}

bool StageRunner::attach(const MemoryPlan& plan, Arena& arena) {
  borderBytes_ = plan.borderBytes;
  borderPad_ = plan.rows[0].leftPad;
  border_ = arena.take(plan.borderBytes);
  scratch_ = arena.take(plan.scratchBytes);
  return border_ != nullptr && scratch_ != nullptr;
}

Status StageRunner::run(const Firing& firing, const RowStore& store, std::int16_t* residual, const Guard* guard) {
  guard_ = guard;
  if (!prepare(firing, store, residual)) {
    return {StatusCode::kInternal, "stage '" + stage_->name + "' reads or writes a row that is not in memory"};
  }
  if (usesWinograd()) transformWeights();
  compute();
  return {};
}

/// All that the kernels are told; false when a row is missing.
bool StageRunner::prepare(const Firing& firing, const RowStore& store, std::int16_t* residual) {
  stage_ = &graph_.stages[firing.stage];
  rowBegin_ = firing.rowBegin;
  rowCount_ = firing.rowEnd - firing.rowBegin;
  columns_ = columnsOf(*stage_, pass_.width);
  jobCount_ = 0;
  if (!resolve(firing, store, residual)) return false;
  switch (stage_->kind) {
    case StageKind::kConvolve: prepareConvolution(*stage_, taps_[firing.stage]); break;
    case StageKind::kTranspose: prepareTransposition(*stage_, firing); break;
    case StageKind::kMultiply: prepareMultiplication(*stage_); break;
    case StageKind::kDownsample: break;
  }
  if (usesWinograd()) prepareWinograd();
  return true;
}

void StageRunner::prepareWinograd() {
  const LayerSpec& layer = graph_.layers[stage_->layer];
  const std::byte* codes = model_.part(stage_->layer, 0).weights;
  weights_ = {reinterpret_cast<const std::int8_t*>(codes), transformed_.of(stage_->layer, thread_), layer.sources[0],
              layer.out, pass_.transposed};
  jobs_[0].weights = weights_.transformed;
}

/// The layer's weights in the Winograd domain, unless they were kept.
void StageRunner::transformWeights() {
  if (transformed_.isKept(stage_->layer)) return;
  kernels_.transformWeights(weights_, 0, winogradSteps(kernels_.layout.winograd, weights_.inputs, weights_.outputs));
  transformed_.note(stage_->layer, thread_, guard_ != nullptr && sumsWeights());
}

bool StageRunner::sumsWeights() const { return pass_.keepWeights || columns_ < kTellingColumns; }

bool StageRunner::holdsWeights(const Firing& firing) const {
  const int layer = graph_.stages[firing.stage].layer;
  return layer < 0 || !transformed_.isKept(layer) || transformed_.holds(layer, thread_);
}

/// Fills the pointer tables of the firing; false when a row is missing.
bool StageRunner::resolve(const Firing& firing, const RowStore& store, std::int16_t* residual) {
  const Stage& stage = *stage_;
  for (int i = 0; i < stage.sourceCount; ++i) {
    if (!resolveInput(stage.inputs[i], firing, store, inputs_[i])) return false;
  }
  for (int i = 0; i < stage.addendCount; ++i) {
    if (!resolveAddend(stage.inputs[stage.sourceCount + i], firing, store, i)) return false;
  }
  for (int i = 0; i < rowCount_; ++i) {
    const int row = firing.rowBegin + i;
    const auto output = [&](int tensor) { return tensor < 0 ? nullptr : store.pixels(tensor, row); };
    codesOut_[i] = reinterpret_cast<std::uint8_t*>(output(stage.codes));
    trunkOut_[i] = reinterpret_cast<std::int16_t*>(output(stage.trunk));
    partialOut_[i] = reinterpret_cast<std::int32_t*>(output(stage.partial));
    if (stage.codes >= 0 && codesOut_[i] == nullptr) return false;
    if (stage.trunk >= 0 && trunkOut_[i] == nullptr) return false;
    if (stage.partial >= 0 && partialOut_[i] == nullptr) return false;
    if (stage.epilogue == Epilogue::kResidual) {
      trunkOut_[i] = residual + static_cast<std::ptrdiff_t>(i) * pass_.width * 3;
    }
    if (stage.readsTrunk()) {
      trunkIn_[i] = reinterpret_cast<const std::int16_t*>(store.pixels(stage.inputs.back().tensor, row));
      if (trunkIn_[i] == nullptr) return false;
    }
  }
  return true;
}

bool StageRunner::resolveInput(const StageInput& input, const Firing& firing, const RowStore& store, InputRows& out) {
  const int height = graph_.rowsOf(input.tensor, pass_.height);
  const int first = input.map.first(firing.rowBegin), last = input.map.last(firing.rowEnd - 1);
  out.count = last - first + 1;
  const bool crossesBorder = first < 0 || last >= height;
  if (crossesBorder) std::memset(border_, storedZero(input.tensor), borderBytes_);
  for (int row = first; row <= last; ++row) {
    const bool outside = row < 0 || row >= height;
    // A strided window without halo skips rows that may be gone; those that a kernel reads must be there.
    const bool isRead = input.map.halo > 0 || (row - first) % input.map.step == 0;
    const std::byte* pixels = outside ? border_ + borderPad_ : isRead ? store.pixels(input.tensor, row) : nullptr;
    if (pixels == nullptr && isRead) return false;
    out.rows[row - first] = reinterpret_cast<const std::uint8_t*>(pixels);
  }
  return true;
}

bool StageRunner::resolveAddend(const StageInput& input, const Firing& firing, const RowStore& store, int slot) {
  for (int i = 0; i < rowCount_; ++i) {
    addendRows_[slot][i] =
        reinterpret_cast<const std::int32_t*>(store.pixels(input.tensor, input.map.first(firing.rowBegin + i)));
    if (addendRows_[slot][i] == nullptr) return false;
  }
  addends_[slot] = {addendRows_[slot].data(), input.map.step};
  return true;
}

ConvJob StageRunner::baseJob(const Stage& stage, int part) const {
  const LayerSpec& layer = graph_.layers[stage.layer];
  const LayerNumbers& numbers = model_.numbers(stage.layer);
  const PackedPart& packed = model_.part(stage.layer, part);
  ConvJob job{};
  job.weights = packed.weights;
  job.bias = packed.bias;
  job.multiplier = packed.multiplier;
  job.channels = layer.out;
  job.outStep = 1;
  job.outChannels = stage.epilogue == Epilogue::kResidual ? 3 : roundUp(layer.out, 4);
  job.epilogue = stage.epilogue;
  job.low = static_cast<float>(-128 - numbers.outputZero);
  job.high = static_cast<float>(127 - numbers.outputZero);
  job.storedZero = numbers.outputZero + kernels_.layout.storedOffset;
  job.copyMultiplier = numbers.copyMultiplier;
  return job;
}

void StageRunner::prepareConvolution(const Stage& stage, const std::vector<ConvTap>& taps) {
  const int reach = graph_.layers[stage.layer].kernel / 2;
  for (int i = 0; i < stage.sourceCount; ++i) {
    const StageInput& input = stage.inputs[i];
    sources_[i] = {
        inputs_[i].rows.data(), graph_.tensors[input.tensor].channels, input.map.step, input.map.step, -reach, reach,
        inputs_[i].count};
  }
  ConvJob& job = jobs_[jobCount_++];
  job = baseJob(stage, stage.part);
  job.taps = taps.data();
  job.tapCount = static_cast<int>(taps.size());
  job.sources = sources_.data();
  job.rowCount = rowCount_;
  job.addends = addends_.data();
  job.addendCount = stage.addendCount;
  job.trunkIn = stage.readsTrunk() ? trunkIn_.data() : nullptr;
  job.trunkOut = stage.trunk >= 0 || stage.epilogue == Epilogue::kResidual ? trunkOut_.data() : nullptr;
  job.codesOut = codesOut_.data();
  job.partialOut = partialOut_.data();
}

/// One job per output row and column phase, over input columns: output pixel 2m + phase.
void StageRunner::prepareTransposition(const Stage& stage, const Firing& firing) {
  const RowMap& map = stage.inputs[0].map;
  for (int i = 0; i < rowCount_; ++i) {
    const int row = firing.rowBegin + i, rowPhase = row % 2;
    const int firstRow = map.first(row) - map.first(firing.rowBegin);
    for (int phase = 0; phase < 2; ++phase) {
      const int j = jobCount_++;
      ConvJob& job = jobs_[j];
      job = baseJob(stage, pass_.transposed ? 2 * phase + rowPhase : 2 * rowPhase + phase);
      sources_[j] = {inputs_[0].rows.data() + firstRow,
                     graph_.tensors[stage.inputs[0].tensor].channels,
                     1,
                     1,
                     phase - 1,
                     phase,
                     2};
      for (int t = 0; t < 4; ++t) {
        const int major = t / 2, minor = t % 2;
        const int dy = pass_.transposed ? minor : major, dx = pass_.transposed ? major : minor;
        phaseTaps_[j][job.tapCount++] = {0, dy, dx + phase - 1};
      }
      job.taps = phaseTaps_[j].data();
      job.sources = &sources_[j];
      job.rowCount = 1;
      job.outStep = 2;
      job.outOffset = phase;
      job.codesOut = &codesOut_[i];
    }
  }
}

void StageRunner::prepareMultiplication(const Stage& stage) {
  const LayerNumbers& merge = model_.numbers(stage.layer);
  const std::int32_t zero = merge.inputZero[0];
  multiply_ = {inputs_[0].rows.data(),
               inputs_[1].rows.data(),
               codesOut_.data(),
               rowCount_,
               graph_.tensors[stage.codes].channels,
               storedZero(stage.inputs[0].tensor),
               storedZero(stage.inputs[1].tensor),
               zero + kernels_.layout.storedOffset,
               merge.productMultiplier,
               static_cast<float>(-128 - zero),
               static_cast<float>(127 - zero)};
}

void StageRunner::compute() {
  if (stage_->kind == StageKind::kMultiply) kernels_.multiply(multiply_, 0, columns_);
  if (stage_->kind == StageKind::kDownsample) {
    for (int i = 0; i < rowCount_; ++i) downsampleRow(i, codesOut_[i]);
  }
  const auto convolve = usesWinograd() ? kernels_.convolveWinograd : kernels_.convolve;
  for (int j = 0; j < jobCount_; ++j) {
    const ConvSums sums = guard_ == nullptr ? ConvSums{} : guard_->sumsOf(*stage_, j);
    convolve(jobs_[j], 0, columns_, scratch_, guard_ == nullptr ? nullptr : &sums);
  }
  if (stage_->codes < 0) return;
  clearMissing();
  padCodes();
}

void StageRunner::downsampleRow(int row, std::uint8_t* out) const {
  constexpr int kPixelBytes = 4;
  const int step = stage_->inputs[0].map.step;
  const std::uint8_t* in = inputs_[0].rows[row * step];
  for (std::ptrdiff_t x = 0; x < columns_; ++x) {
    std::memcpy(out + x * kPixelBytes, in + x * step * kPixelBytes, kPixelBytes);
  }
}

/// Layers see nothing where the image is missing. Trunks and partial sums stay: a pixel of them is only read for its
/// own pixel, or for those of its block.
void StageRunner::clearMissing() const {
  const Tensor& tensor = graph_.tensors[stage_->codes];
  const std::int32_t zero = storedZero(stage_->codes);
  for (int i = 0; i < rowCount_; ++i) {
    const auto note = [&](const std::uint8_t* codes, int pixels) {
      if (guard_ != nullptr) guard_->replace(i, codes, tensor.channels, pixels, zero);
    };
    missing_.clear({codesOut_[i], rowBegin_ + i, tensor.scale, tensor.channels, zero}, 0, pass_.width >> tensor.scale,
                   note);
  }
}

/// The pixel left and right of every new row holds its zero point, which is what a convolution pads with.
void StageRunner::padCodes() const {
  const Tensor& tensor = graph_.tensors[stage_->codes];
  const std::int32_t zero = storedZero(stage_->codes);
  const std::ptrdiff_t channels = tensor.channels, width = pass_.width >> tensor.scale;
  for (int i = 0; i < rowCount_; ++i) {
    std::memset(codesOut_[i] - channels, zero, channels);
    std::memset(codesOut_[i] + width * channels, zero, channels);
  }
}

void StageRunner::forgetWeights(const Firing& firing) {
  const int layer = graph_.stages[firing.stage].layer;
  if (layer >= 0) transformed_.forget(layer);
}

std::optional<Fault> StageRunner::check(const Firing& firing, const RowStore& store, std::int16_t* residual,
                                        Guard& guard) {
  guard.countFiring();
  if (!guard.holdsCode()) return Fault::kCode;
  if (!isAsPlanned(firing, store, residual)) return Fault::kControl;
  if (jobCount_ == 0) return checkCopies(guard);
  const bool isSummed = usesWinograd() && !pass_.keepWeights && sumsWeights();
  if (isSummed && !transformed_.holds(stage_->layer, thread_)) return Fault::kWeights;
  return guard.check({*stage_, rowBegin_, rowCount_, columns_, {jobs_.data(), static_cast<std::size_t>(jobCount_)}});
}

/// Whether what the kernels were told is what they would be told again, of tables that are what they were.
bool StageRunner::isAsPlanned(const Firing& firing, const RowStore& store, std::int16_t* residual) {
  const bool isHere = stage_ == &graph_.stages[firing.stage] && rowCount_ == firing.rowEnd - firing.rowBegin;
  if (!isHere || jobCount_ < 0 || jobCount_ > kMaxJobs) return false;
  const std::uint64_t told = preparationDigest();
  return prepare(firing, store, residual) && preparationDigest() == told &&
         stageDigest(model_, firing.stage) == model_.digestOfStage(firing.stage) &&
         tapDigestOf(firing.stage) == tapDigests_[firing.stage] && holdsMissing();
}

/// What a stage takes from the pass and not from the model.
std::uint64_t StageRunner::tapDigestOf(int stage) const {
  WordDigest digest;
  digest.addValues(pass_.width, pass_.height, pass_.transposed, pass_.threads, pass_.keepWeights);
  addTaps(taps_[stage], digest);
  return digest.value();
}

std::uint64_t StageRunner::preparationDigest() const {
  WordDigest digest;
  digest.addValues(stage_, rowBegin_, rowCount_, columns_, jobCount_);
  for (int s = 0; s < stage_->sourceCount; ++s) {
    for (int row = 0; row < inputs_[s].count; ++row) digest.addValues(inputs_[s].rows[row]);
  }
  for (int i = 0; i < rowCount_; ++i) {
    for (int a = 0; a < stage_->addendCount; ++a) digest.addValues(addendRows_[a][i]);
    digest.addValues(codesOut_[i], trunkOut_[i], partialOut_[i], trunkIn_[i]);
  }
  const bool transposed = stage_->kind == StageKind::kTranspose;
  for (int j = 0; j < jobCount_; ++j) {
    addJob(jobs_[j], digest);
    if (transposed) addTaps(phaseTaps_[j], digest);
  }
  for (int s = 0; s < (transposed ? jobCount_ : stage_->sourceCount); ++s) addSource(sources_[s], digest);
  for (int a = 0; a < stage_->addendCount; ++a) digest.addValues(addends_[a].rows, addends_[a].shift);
  if (stage_->kind == StageKind::kMultiply) addJob(multiply_, digest);
  if (usesWinograd()) {
    digest.addValues(weights_.codes, weights_.transformed, weights_.inputs, weights_.outputs, weights_.transposed);
  }
  return digest.value();
}

/// Whether nothing has changed of what says where the image is missing.
bool StageRunner::holdsMissing() const {
  if (stage_->codes < 0) return true;
  for (int i = 0; i < rowCount_; ++i) {
    if (!missing_.holds(rowBegin_ + i, stage_->scale)) return false;
  }
  return true;
}

/// Stages without sums are evaluated twice, on inputs that are what was written.
std::optional<Fault> StageRunner::checkCopies(Guard& guard) {
  if (!holdsInputs(guard)) return Fault::kRows;
  const Tensor& tensor = graph_.tensors[stage_->codes];
  const std::ptrdiff_t pixels = pass_.width >> tensor.scale;
  auto* again = reinterpret_cast<std::uint8_t*>(border_ + borderPad_);
  for (int i = 0; i < rowCount_; ++i) {
    repeatRow(i, again);
    if (std::memcmp(again, codesOut_[i], pixels * tensor.channels) != 0) return Fault::kEpilogue;
    guard.note(stage_->codes, rowBegin_ + i, again, pixels);
  }
  return {};
}

bool StageRunner::holdsInputs(const Guard& guard) const {
  for (int s = 0; s < stage_->sourceCount; ++s) {
    const StageInput& input = stage_->inputs[s];
    const Tensor& tensor = graph_.tensors[input.tensor];
    for (int i = 0; i < rowCount_; ++i) {
      const StoredRow row{input.tensor, input.map.first(rowBegin_ + i), tensor.channels, pass_.width >> tensor.scale};
      if (!guard.holds(row, inputs_[s].rows[row.row - input.map.first(rowBegin_)])) return false;
    }
  }
  return true;
}

/// Output row `row` of a stage that copies or multiplies, once more.
void StageRunner::repeatRow(int row, std::uint8_t* out) const {
  const Tensor& tensor = graph_.tensors[stage_->codes];
  if (stage_->kind == StageKind::kDownsample) {
    downsampleRow(row, out);
  } else {
    MultiplyJob one = multiply_;
    one.a += row;
    one.b += row;
    one.out = &out;
    one.rowCount = 1;
    kernels_.multiply(one, 0, columns_);
  }
  missing_.clear({out, rowBegin_ + row, tensor.scale, tensor.channels, storedZero(stage_->codes)}, 0, columns_);
}

}  // namespace perifocal
