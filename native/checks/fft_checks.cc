// Transforms of every instruction set against double precision: many sizes, all sweeps, any number of threads.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "checks/check.h"
#include "checks/crew.h"
#include "checks/emulated_floats.h"
#include "checks/random.h"
#include "checks/reference_dft.h"
#include "fft/real_fft.h"
#include "fft/transform.h"
#include "isa/registry.h"

namespace perifocal::checks {
namespace {

struct Size {
  int rows, columns;
};

/// A random image with its plan and a spectrum.
class ImageCase {
 public:
  ImageCase(Size size, const FftKernels& kernels, Team& team) : size_(size) {
    Random random(7);
    for (int i = 0; i < size.rows * size.columns; ++i) image_.push_back(static_cast<float>(random.unit() - 0.3));
    const std::size_t bytes = RealFft2d::arenaBytes(size.rows, size.columns, team.threads()) +
                              RealFft2d::spectrumBytes(size.rows, size.columns);
    isReady_ = arena_.map(bytes) && RealFft2d::create(size.rows, size.columns, kernels, team, arena_, plan_).ok();
    if (!isReady_) return;
    spectrum_ = plan_->takeSpectrum(arena_);
    isReady_ = spectrum_.data != nullptr && arena_.take(1) == nullptr;
  }

  bool isReady() const { return isReady_; }
  RealFft2d& plan() { return *plan_; }
  Spectrum spectrum() const { return spectrum_; }
  const std::vector<float>& image() const { return image_; }
  const std::vector<float>& result() const { return result_; }

  void forward() {
    plan_->forwardRows(produce, this, spectrum_);
    plan_->forwardColumns(spectrum_);
  }
  void inverse() {
    plan_->inverseColumns(spectrum_);
    result_.assign(image_.size(), 0.0f);
    plan_->inverseRows(spectrum_, consume, this);
  }

  std::vector<ComplexD> values() const {
    std::vector<ComplexD> values;
    for (int v = 0; v < size_.rows; ++v) {
      for (int u = 0; u < plan_->bins(); ++u) values.emplace_back(*spectrum_.at(v, u), spectrum_.at(v, u)[kBinGroup]);
    }
    return values;
  }

  static void produce(void* self, int row, int count, float* rows, std::ptrdiff_t stride, int) {
    const auto& t = *static_cast<ImageCase*>(self);
    const int columns = t.size_.columns;
    for (int r = 0; r < count; ++r)
      std::copy_n(&t.image_[static_cast<std::size_t>(row + r) * columns], columns, rows + r * stride);
  }
  static void consume(void* self, int row, int count, float* rows, std::ptrdiff_t stride, int) {
    auto& t = *static_cast<ImageCase*>(self);
    const int columns = t.size_.columns;
    for (int r = 0; r < count; ++r)
      std::copy_n(rows + r * stride, columns, &t.result_[static_cast<std::size_t>(row + r) * columns]);
  }

 private:
  Size size_;
  Arena arena_;
  std::unique_ptr<RealFft2d> plan_;
  Spectrum spectrum_;
  std::vector<float> image_, result_;
  bool isReady_ = false;
};

template <class T>
double relativeRms(const std::vector<T>& actual, const std::vector<T>& expected) {
  double error = 0, total = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    error += std::norm(std::complex<double>(actual[i]) - std::complex<double>(expected[i]));
    total += std::norm(std::complex<double>(expected[i]));
  }
  return std::sqrt(error / total);
}

double allowedError(double elements) { return 2e-7 * std::sqrt(std::max(1.0, std::log2(elements))); }

std::string nameOf(Size size) { return std::to_string(size.rows) + "x" + std::to_string(size.columns); }

void checkAccuracy(Context& context, const FftKernels& kernels, Size size) {
  Team team(1);
  ImageCase transform(size, kernels, team);
  context.expect(transform.isReady(), "the plan does not take what it says");
  if (context.failed()) return;
  transform.forward();
  const double error = relativeRms(transform.values(), referenceDft2d(transform.image(), size.rows, size.columns));
  const double allowed = allowedError(static_cast<double>(size.rows) * size.columns);
  context.expect(error <= allowed,
                 "error " + std::to_string(error * 1e7) + "e-7, allowed " + std::to_string(allowed * 1e7) + "e-7");
  transform.inverse();
  const double back = relativeRms(transform.result(), transform.image());
  context.expect(back <= 5e-7, "round trip " + std::to_string(back * 1e7) + "e-7");
}

/// Columns handed over and taken back give the spectrum that stays in place.
void checkFunctions(Context& context, ImageCase& image) {
  const std::vector<ComplexD> before = image.values();
  std::vector<float> store(static_cast<std::size_t>(image.spectrum().stride) * image.plan().rows());
  Spectrum copy{store.data(), image.spectrum().stride};
  auto consume = [](void* context, const ColumnBlock& block, int) {
    for (int i = 0; i < block.rows; ++i) {
      std::copy_n(block.data + i * kFftElement, kFftElement,
                  static_cast<Spectrum*>(context)->at(block.frequency[i], block.bin));
    }
  };
  auto produce = [](void* context, const ColumnBlock& block, int) {
    for (int i = 0; i < block.rows; ++i) {
      std::copy_n(static_cast<Spectrum*>(context)->at(block.frequency[i], block.bin), kFftElement,
                  block.data + i * kFftElement);
    }
  };
  image.plan().forwardColumns(image.spectrum(), consume, &copy);
  context.expect(image.values() == before, "forwardColumns with a function changed the spectrum");
  image.plan().forwardColumns(image.spectrum());
  for (int v = 0; v < image.plan().rows(); ++v) {
    for (int u = 0; u < image.plan().bins(); ++u) {
      context.expect(*image.spectrum().at(v, u) == *copy.at(v, u), "forwardColumns hands over something else");
    }
  }
  image.plan().inverseColumns(image.spectrum());
  const std::vector<ComplexD> back = image.values();
  image.plan().inverseColumns(produce, &copy, image.spectrum());
  context.expect(image.values() == back, "inverseColumns takes something else");
  for (int v = 0; v < image.plan().rows(); ++v) {
    for (int i = 0; i < image.spectrum().stride; ++i)
      image.spectrum().data[v * image.spectrum().stride + i] /= static_cast<float>(image.plan().rows());
  }
}

/// Fused sweeps against the separate ones: each frequency times a factor of its own, which leaves the image real, then
/// half of every row.
void checkSweeps(Context& context, const FftKernels& kernels, Size size) {
  Team team(1);
  ImageCase separate(size, kernels, team), fused(size, kernels, team);
  auto factorOf = [size](int v, int u) { return 1.0f / static_cast<float>(1 + std::min(v, size.rows - v) + 3 * u); };
  separate.forward();
  for (int v = 0; v < size.rows; ++v) {
    for (int u = 0; u < separate.plan().bins(); ++u) {
      for (int part : {0, kBinGroup}) separate.spectrum().at(v, u)[part] *= factorOf(v, u);
    }
  }
  separate.plan().inverseColumns(separate.spectrum());
  fused.plan().forwardRows(ImageCase::produce, &fused, fused.spectrum());
  auto multiply = [](void* context, const ColumnBlock& block, int) {
    for (int i = 0; i < block.rows; ++i) {
      for (int lane = 0; lane < kBinGroup; ++lane) {
        const float factor = (*static_cast<decltype(factorOf)*>(context))(block.frequency[i], block.bin + lane);
        for (int part : {0, kBinGroup}) block.data[i * kFftElement + part + lane] *= factor;
      }
    }
  };
  fused.plan().throughColumns(fused.spectrum(), multiply, &factorOf);
  context.expect(relativeRms(fused.values(), separate.values()) <= 5e-7, "throughColumns differs");
  checkFunctions(context, fused);
  auto halve = [](void*, int, int count, float* rows, std::ptrdiff_t stride, int) {
    for (int r = 0; r < count; ++r) {
      for (int c = 0; c < stride - kFftLines; ++c) rows[r * stride + c] *= 0.5f;
    }
  };
  const float scale = 0.5f / static_cast<float>(size.rows);
  std::vector<ComplexD> expected = fused.values();
  fused.plan().sweepRows(fused.spectrum(), halve, nullptr);
  for (ComplexD& value : expected) value *= scale;
  context.expect(relativeRms(fused.values(), expected) <= 5e-7, "sweepRows differs");
}

void checkThreads(Context& context, const FftKernels& kernels, Size size) {
  std::vector<float> expected;
  forEveryCrew([&](Crew& crew, const std::string& name) {
    ImageCase transform(size, kernels, crew.team());
    transform.forward();
    transform.inverse();
    if (expected.empty()) expected = transform.result();
    context.expect(transform.result() == expected, name + " give other bits");
  });
}

std::vector<ComplexD> binsOfLines(const std::vector<float>& values, Size size) {
  std::vector<ComplexD> bins;
  for (int line = 0; line < size.rows; ++line) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(line) * size.columns;
    const std::vector<ComplexD> all = referenceDft({begin, begin + size.columns});
    bins.insert(bins.end(), all.begin(), all.begin() + size.columns / 2 + 1);
  }
  return bins;
}

/// Lines or an image between plain arrays, with every number of threads.
void checkTransform(Context& context, const FftKernels& kernels, Size size, bool isImage) {
  Random random(11);
  std::vector<float> values, back(static_cast<std::size_t>(size.rows) * size.columns);
  for (std::size_t i = 0; i < back.size(); ++i) values.push_back(static_cast<float>(random.unit() - 0.5));
  const std::vector<ComplexD> expected =
      isImage ? referenceDft2d(values, size.rows, size.columns) : binsOfLines(values, size);
  std::vector<float> re(expected.size()), im(expected.size()), first;
  forEveryCrew([&](Crew& crew, const std::string& name) {
    std::unique_ptr<Transform> transform;
    const TransformShape shape{isImage, size.rows, size.columns, crew.team().threads()};
    const Status status = Transform::create(shape, kernels, &crew.ticket(), transform);
    context.expect(status.ok(), status.message());
    if (context.failed()) return;
    const Team::Loan loan(transform->team(), crew.ticket());
    transform->forward(values.data(), re.data(), im.data());
    std::vector<ComplexD> actual;
    for (std::size_t i = 0; i < re.size(); ++i) actual.emplace_back(re[i], im[i]);
    const double error = relativeRms(actual, expected);
    context.expect(error <= allowedError(isImage ? double(values.size()) : size.columns),
                   "error " + std::to_string(error * 1e7) + "e-7");
    transform->inverse(re.data(), im.data(), back.data());
    const double trip = relativeRms(back, values);
    context.expect(trip <= 5e-7, "round trip " + std::to_string(trip * 1e7) + "e-7");
    if (first.empty()) first = back;
    context.expect(back == first, name + " give other bits");
  });
}

void addChecksOf(const FftKernels& kernels, const std::string& name, std::vector<Check>& checks) {
  for (Size size : {Size{1, 1}, {1, 2},    {2, 1},   {3, 5},     {5, 6},     {7, 7},    {8, 8},
                    {16, 16},   {17, 19},  {20, 26}, {15, 31},   {16, 32},   {33, 34},  {49, 98},
                    {64, 48},   {100, 37}, {60, 61}, {128, 256}, {210, 120}, {343, 70}, {256, 512}}) {
    checks.push_back({name + " transforms " + nameOf(size),
                      [&kernels, size](Context& context) { checkAccuracy(context, kernels, size); }});
  }
  for (Size size : {Size{24, 40}, {23, 44}, {256, 32}, {512, 18}}) {
    checks.push_back({name + " fused sweeps of " + nameOf(size),
                      [&kernels, size](Context& context) { checkSweeps(context, kernels, size); }});
  }
  for (Size size :
       {Size{1, 1}, {1, 2},    {1, 3},    {1, 8},    {1, 30},   {1, 64},    {1, 97},  {1, 98},   {1, 210}, {1, 243},
        {1, 1000},  {1, 1024}, {1, 2187}, {1, 4099}, {1, 6000}, {1, 32768}, {2, 512}, {16, 100}, {19, 77}, {40, 128}}) {
    checks.push_back({name + " transforms lines " + nameOf(size),
                      [&kernels, size](Context& context) { checkTransform(context, kernels, size, false); }});
  }
  checks.push_back({name + " transforms arrays 90x75",
                    [&kernels](Context& context) { checkTransform(context, kernels, {90, 75}, true); }});
  checks.push_back({name + " gives the same bits with 1 to 3 threads",
                    [&kernels](Context& context) { checkThreads(context, kernels, {75, 90}); }});
}

}  // namespace

std::vector<Check> fftChecks() {
  std::vector<Check> checks;
  std::vector<const FftKernels*> native;
  for (const RegisteredIsa& isa : registeredIsas()) {
    if (!isa.supported || std::find(native.begin(), native.end(), isa.fft) != native.end()) continue;
    native.push_back(isa.fft);
    addChecksOf(*isa.fft, std::string("fft ") + isa.fft->name + " (native)", checks);
  }
  for (const FftKernels* kernels : emulatedFftKernels()) {
    const bool isNative = std::any_of(native.begin(), native.end(), [&](const FftKernels* one) {
      return std::strcmp(one->name, kernels->name) == 0;
    });
    if (!isNative) addChecksOf(*kernels, std::string("fft ") + kernels->name + " (emulated)", checks);
  }
  return checks;
}

}  // namespace perifocal::checks
