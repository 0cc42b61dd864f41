// What a strike at memory or control state may hit. Built with -fno-access-control, so that the engine's own headers
// need no door for it.
#include <array>
#include <vector>

#include "checks/random.h"
#include "faults/mend.h"
#include "faults/strike.h"
#include "kernels/winograd.h"
#include "network/check_tables.h"
#include "network/pack.h"

namespace perifocal::faults {
namespace {

struct StruckByte {
  std::uint8_t* at;
  std::uint8_t before;
};
std::vector<StruckByte> struckBytes;

struct Range {
  const void* begin;
  std::size_t bytes;
};

/// Pieces of memory, a bit of which is to flip.
class Targets {
 public:
  Targets(const Victim& victim, const Call& call)
      : model_(*victim.model), pipeline_(*victim.pipeline), runner_(pipeline_.lanes_[0].runner), call_(call) {}

  void add(const void* begin, std::size_t bytes) {
    if (begin != nullptr && bytes > 0) ranges_.push_back({begin, bytes});
  }
  template <class T>
  void addItem(const T& item) {
    add(&item, sizeof item);
  }
  template <class T>
  void addItems(const std::vector<T>& items) {
    add(items.data(), items.size() * sizeof(T));
  }

  void addSite(Site site);
  bool flipOne(checks::Random& random) const;

 private:
  const Stage& stage() const { return *runner_.stage_; }
  const LayerSpec& layer() const { return model_.graph_.layers[stage().layer]; }
  int part() const;
  void addWeights();
  void addTransformed();
  void addMultipliers();
  void addCheckTables();
  void addRows(TensorKind kind);
  void addRow(int tensor, int row);
  void addRowSums();
  void addJobs();
  void addRowTables();
  void addRing();
  void addSchedule();
  template <class F>
  void eachInputRow(F&& f) const;

  Model& model_;
  Pipeline& pipeline_;
  StageRunner& runner_;
  const Call& call_;
  std::vector<Range> ranges_;
};

void Targets::addSite(Site site) {
  const bool convolves = call_.convolution != nullptr;
  switch (site) {
    case Site::kWeights: return convolves ? addWeights() : void();
    case Site::kTransformed: return convolves ? addTransformed() : void();
    case Site::kMultipliers: return addMultipliers();
    case Site::kCheckTables: return convolves ? addCheckTables() : void();
    case Site::kRows: return addRows(TensorKind::kCodes);
    case Site::kTrunks: return addRows(TensorKind::kTrunk);
    case Site::kPartials: return addRows(TensorKind::kPartial);
    case Site::kRowSums: return addRowSums();
    case Site::kJob: return addJobs();
    case Site::kRowTable: return addRowTables();
    case Site::kRing: return addRing();
    case Site::kSchedule: return addSchedule();
    default: return;
  }
}

bool Targets::flipOne(checks::Random& random) const {
  if (ranges_.empty()) return false;
  const Range& range = ranges_[random.next() % ranges_.size()];
  auto* at = const_cast<std::uint8_t*>(static_cast<const std::uint8_t*>(range.begin));
  at += random.next() % range.bytes;
  struckBytes.push_back({at, *at});
  *at ^= static_cast<std::uint8_t>(1u << random.next() % 8);
  return true;
}

int Targets::part() const {
  if (stage().kind != StageKind::kTranspose) return stage().part;
  int part = 0;
  while (model_.part(stage().layer, part).weights != call_.convolution->weights) ++part;
  return part;
}

void Targets::addWeights() {
  const KernelLayout& layout = model_.kernels().layout;
  add(model_.part(stage().layer, part()).weights,
      layer().winograd ? packedWinogradBytes(layer(), layout.winograd) : packedWeightBytes(layer(), part(), layout));
}

void Targets::addTransformed() {
  if (!layer().winograd || stage().kind != StageKind::kConvolve) return;
  add(call_.convolution->weights,
      winogradWeightBytes(model_.kernels().layout.winograd, layer().sources[0], layer().out));
}

void Targets::addMultipliers() {
  const LayerNumbers& numbers = model_.numbers(stage().layer);
  addItem(numbers.outputZero);
  addItem(numbers.copyMultiplier);
  addItem(numbers.productMultiplier);
  if (call_.convolution == nullptr) return;
  add(call_.convolution->bias, layer().out * sizeof(std::int32_t));
  add(call_.convolution->multiplier, layer().out * sizeof(float));
}

void Targets::addCheckTables() {
  if (!model_.checked()) return;
  const CheckedPart& check = model_.check(stage().layer, part());
  add(check.columnSums, columnSumBytes(layer(), part()));
  addItem(check.bias);
  addItem(check.columnSumsSum);
  addItem(check.weightSum);
  addItem(check.digest);
}

/// A row that is alive, with the pixels left and right of it.
void Targets::addRow(int tensor, int row) {
  const Tensor& spec = model_.graph_.tensors[tensor];
  const std::byte* pixels = pipeline_.store_.pixels(tensor, row);
  if (pixels == nullptr) return;
  const std::size_t pixel = static_cast<std::size_t>(spec.channels) * elementBytes(spec.kind);
  const std::size_t pads = spec.kind == TensorKind::kCodes ? 1 : 0;
  add(pixels - pads * pixel, ((pipeline_.pass().width >> spec.scale) + 2 * pads) * pixel);
}

template <class F>
void Targets::eachInputRow(F&& f) const {
  for (const StageInput& input : stage().inputs) {
    const int first = input.map.first(runner_.rowBegin_),
              last = input.map.last(runner_.rowBegin_ + runner_.rowCount_ - 1);
    for (int row = std::max(0, first); row <= last; ++row) f(input.tensor, row);
  }
}

/// What the firing has read or is to read, and once it is done what it has written.
void Targets::addRows(TensorKind kind) {
  eachInputRow([&](int tensor, int row) {
    if (model_.graph_.tensors[tensor].kind == kind) addRow(tensor, row);
  });
  if (!call_.done) return;
  for (int tensor : {stage().codes, stage().trunk, stage().partial}) {
    if (tensor < 0 || model_.graph_.tensors[tensor].kind != kind) continue;
    for (int i = 0; i < runner_.rowCount_; ++i) addRow(tensor, runner_.rowBegin_ + i);
  }
}

void Targets::addRowSums() {
  if (!pipeline_.isChecked()) return;
  eachInputRow([&](int tensor, int row) {
    if (pipeline_.store_.pixels(tensor, row) == nullptr) return;
    add(pipeline_.record_.rows_.of(tensor, row),
        WrittenTotals::width(model_.graph_.tensors[tensor]) * sizeof(std::int32_t));
  });
}

void Targets::addJobs() {
  addItem(runner_.rowBegin_);
  addItem(runner_.rowCount_);
  addItem(runner_.columns_);
  addItem(runner_.jobCount_);
  addItem(runner_.stage_);
  if (call_.convolution == nullptr) return addItem(*call_.product);
  addItem(*call_.convolution);
  const ConvJob& job = *call_.convolution;
  add(job.taps, job.tapCount * sizeof(ConvTap));
  for (int s = 0; s < stage().sourceCount; ++s) addItem(job.sources[s]);
  add(job.addends, job.addendCount * sizeof(ConvAddend));
}

void Targets::addRowTables() {
  const auto rows = static_cast<std::size_t>(runner_.rowCount_);
  for (int s = 0; s < stage().sourceCount; ++s) {
    add(runner_.inputs_[s].rows.data(), runner_.inputs_[s].count * sizeof(void*));
  }
  for (int a = 0; a < stage().addendCount; ++a) add(runner_.addendRows_[a].data(), rows * sizeof(void*));
  if (stage().codes >= 0) add(runner_.codesOut_.data(), rows * sizeof(void*));
  if (stage().partial >= 0) add(runner_.partialOut_.data(), rows * sizeof(void*));
  if (stage().trunk >= 0) add(runner_.trunkOut_.data(), rows * sizeof(void*));
  if (stage().readsTrunk()) add(runner_.trunkIn_.data(), rows * sizeof(void*));
}

void Targets::addRing() {
  for (const auto& ring : pipeline_.store_.rings_) addItems(ring);
  for (const auto& slots : pipeline_.store_.freeSlots_) addItems(slots);
}

void Targets::addSchedule() {
  const Worklist& worklist = pipeline_.worklist_;
  addItems(worklist.progress_.available_);
  addItems(worklist.progress_.emitted_);
  addItems(worklist.schedule_.progress_.available_);
  addItems(worklist.schedule_.progress_.emitted_);
  addItems(worklist.firstLive_);
  addItems(worklist.entries_);
  addItems(worklist.heads_);
  addItem(pipeline_.rowsTaken_);
}

}  // namespace

bool deal(const Strike& strike, const Victim& victim, const Call& call) {
  checks::Random random(strike.seed);
  // Control state is struck before the kernel, memory at either time.
  const bool after = random.next() % 2 != 0 && kindOf(strike.site) == Kind::kMemory;
  if (after != call.done) return false;
  Targets targets(victim, call);
  targets.addSite(strike.site);
  return targets.flipOne(random);
}

void mend() {
  for (; !struckBytes.empty(); struckBytes.pop_back()) *struckBytes.back().at = struckBytes.back().before;
}

}  // namespace perifocal::faults
