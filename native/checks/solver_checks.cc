// Solvers of every instruction set against double precision, and what must hold whatever the numbers.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "checks/check.h"
#include "checks/crew.h"
#include "checks/emulated_floats.h"
#include "checks/problems.h"
#include "checks/random.h"
#include "checks/reference_deconvolution.h"
#include "deconvolution/blur.h"
#include "deconvolution/solver.h"
#include "isa/registry.h"

namespace perifocal::checks {
namespace {

/// A solver with its threads, run on problems of one shape.
class Run {
 public:
  Run(const Problem& problem, const FloatUnit& unit, int threads, int real) : problem_(problem), crew_(threads, real) {
    problem_.shape.threads = threads;
    status_ = Solver::create(problem_.shape, *unit.fft, *unit.deconvolution, crew_.team(), solver_);
    if (status_.ok()) status_ = solver_->setPsf(psfOf(problem_));
  }

  Run(const Problem& problem, const FloatUnit& unit, int threads) : Run(problem, unit, threads, threads) {}

  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }
  Ticket& ticket() { return crew_.ticket(); }
  Solver& solver() { return *solver_; }

  /// The tile after some steps; `report` is that of the last one.
  std::vector<float> solve(int steps, StepReport* report = nullptr) {
    const int width = problem_.shape.width, height = problem_.shape.height;
    std::vector<float> out(problem_.samples.size());
    solver_->configure(problem_.settings);
    LoadReport loaded;
    StepReport step;
    const ValidMask mask{problem_.valid.empty() ? nullptr : problem_.valid.data(), width};
    status_ = solver_->load({problem_.samples.data(), SampleType::kFloat32, 1, width}, mask, loaded);
    for (int i = 0; i < steps && status_.ok(); ++i) status_ = solver_->step(step);
    if (status_.ok()) status_ = solver_->store({out.data(), SampleType::kFloat32, 1, width});
    if (report != nullptr) *report = step;
    return static_cast<int>(out.size()) == width * height ? out : std::vector<float>();
  }

 private:
  Problem problem_;
  Crew crew_;
  Status status_;
  std::unique_ptr<Solver> solver_;
};

/// Peak signal-to-noise ratio in dB for a peak of 1.
double psnr(const std::vector<float>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return -10 * std::log10(sum / static_cast<double>(a.size()) + 1e-30);
}

void checkAgainstReference(Context& context, const NamedProblem& named, const FloatUnit& unit) {
  Run run(named.problem, unit, 1);
  context.expect(run.ok(), "the solver could not be made");
  if (!run.ok()) return;
  const double decibels = psnr(run.solve(named.steps), referenceSolution(named.problem, named.steps));
  context.expect(decibels >= 90, std::to_string(decibels) + " dB from the reference");
}

void checkThreads(Context& context, const NamedProblem& named) {
  const FloatUnit unit = nativeFloatUnits().front();
  const std::vector<float> one = Run(named.problem, unit, 1).solve(named.steps);
  for (const auto [threads, real] : {std::pair{2, 1}, {2, 2}, {3, 1}, {3, 2}, {3, 3}}) {
    const std::vector<float> more = Run(named.problem, unit, threads, real).solve(named.steps);
    context.expect(std::memcmp(one.data(), more.data(), one.size() * sizeof(float)) == 0,
                   std::to_string(threads) + " threads on " + std::to_string(real) + " give other bits");
  }
}

void checkReuse(Context& context, const NamedProblem& named) {
  const FloatUnit unit = nativeFloatUnits().front();
  Run run(named.problem, unit, 2);
  const std::vector<float> first = run.solve(named.steps), second = run.solve(named.steps);
  context.expect(first == second, "the second plane of a solver comes out differently");
  context.expect(run.solver().mappedBytes() == planSolver(run.solver().shape()).arenaBytes,
                 "planned bytes are not mapped bytes");
}

void checkLongRun(Context& context) {
  NamedProblem named = problemNamed("rl, bertero");
  const double decibels =
      psnr(Run(named.problem, nativeFloatUnits().front(), 1).solve(50), referenceSolution(named.problem, 50));
  context.expect(decibels >= 90, std::to_string(decibels) + " dB from the reference after 50 iterations");
}

void checkInvariants(Context& context, Boundary boundary, Acceleration acceleration) {
  Problem problem = problemNamed("rl, bertero").problem;
  problem.shape.boundary = boundary;
  problem.shape.acceleration = acceleration;
  Run run(problem, nativeFloatUnits().front(), 1);
  for (int steps : {1, 2, 5, 30}) {
    StepReport report;
    const std::vector<float> x = run.solve(steps, &report);
    context.expect(*std::min_element(x.begin(), x.end()) >= 0, "an estimate is negative");
    // The first step also drops the light of pixels that hardly any valid pixel sees.
    const double bound = steps == 1 && boundary == Boundary::kBertero ? 1e-2 : 1e-5;
    context.expect(std::fabs(report.energy - 1) <= bound, "energy " + std::to_string(report.energy));
    if (boundary != Boundary::kPeriodic) continue;
    double light = 0, samples = 0;
    for (std::size_t i = 0; i < x.size(); ++i) light += x[i], samples += problem.samples[i];
    context.expect(std::fabs(light / samples - 1) <= 1e-5, "the image's sum changed");
  }
}

/// Images without light, or without a pixel that counts.
void checkDegenerate(Context& context, const NamedProblem& named) {
  for (float value : {0.0f, 1.0f}) {
    Problem problem = named.problem;
    std::fill(problem.samples.begin(), problem.samples.end(), value);
    const std::vector<float> x = Run(problem, nativeFloatUnits().front(), 1).solve(named.steps);
    for (float pixel : x) context.expect(std::isfinite(pixel), "not a number from " + std::to_string(value));
    if (value != 0) continue;
    // An offset is light too, and what the rim is denied by weights of 0, the edge gets in addition: some per cent.
    const float most = 1e-6f + 0.05f * problem.settings.offset;
    for (float pixel : x) context.expect(pixel <= most, "light from an image of zeros: " + std::to_string(pixel));
  }
}

void checkNonFinite(Context& context) {
  Problem problem = problemNamed("rl, masked").problem;
  problem.samples[100] = std::numeric_limits<float>::quiet_NaN();
  problem.samples[200] = std::numeric_limits<float>::infinity();
  for (float pixel : Run(problem, nativeFloatUnits().front(), 1).solve(5)) {
    context.expect(std::isfinite(pixel), "a sample that is no number spread");
  }
}

/// 8 and 16 bits, interleaved, of a part of a frame; blended tiles.
void checkSampleTypes(Context& context) {
  NamedProblem named = problemNamed("hyper-laplacian, 1/2");
  const int width = named.problem.shape.width, height = named.problem.shape.height, frameWidth = width + 5;
  const std::size_t samples = static_cast<std::size_t>(frameWidth) * (height + 3) * 3;
  std::vector<std::uint8_t> bytes(samples, 7);
  std::vector<std::uint16_t> words(samples, 7);
  const auto at = [&](int y, int x) { return (static_cast<std::size_t>(y + 2) * frameWidth + x + 4) * 3 + 1; };
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      bytes[at(y, x)] = static_cast<std::uint8_t>(std::lround(named.problem.samples[y * width + x] * 255));
      words[at(y, x)] = static_cast<std::uint16_t>(bytes[at(y, x)] * 257);
      named.problem.samples[y * width + x] = static_cast<float>(bytes[at(y, x)]) / 255;
    }
  }
  const std::vector<double> expected = referenceSolution(named.problem, named.steps);
  const std::vector<std::uint8_t> before = bytes;
  Run run(named.problem, nativeFloatUnits().front(), 2);
  Solver& solver = run.solver();
  solver.configure(named.problem.settings);
  LoadReport loaded;
  StepReport step;
  bool ok = solver.load({&bytes[at(0, 0)], SampleType::kUint8, 3, frameWidth * 3}, {}, loaded).ok();
  for (int i = 0; i < named.steps; ++i) ok = ok && solver.step(step).ok();
  ok = ok && solver.store({&bytes[at(0, 0)], SampleType::kUint8, 3, frameWidth * 3}).ok();
  context.expect(ok, "a tile of bytes failed");
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double value = std::clamp(expected[y * width + x], 0.0, 1.0) * 255;
      context.expect(std::fabs(bytes[at(y, x)] - value) <= 0.501, "a byte is not rounded from its value");
      bytes[at(y, x)] = before[at(y, x)];
    }
  }
  context.expect(bytes == before, "samples outside the tile changed");

  std::vector<float> plane(static_cast<std::size_t>(width) * height, 1.0f), rows(height, 0.5f), columns(width, 0.25f);
  ok = solver.load({&words[at(0, 0)], SampleType::kUint16, 3, frameWidth * 3}, {}, loaded).ok();
  for (int i = 0; i < named.steps; ++i) ok = ok && solver.step(step).ok();
  ok = ok && solver.blend({plane.data(), width, rows.data(), columns.data()}).ok();
  context.expect(ok, "a tile of words failed");
  for (std::size_t i = 0; i < plane.size(); ++i) {
    context.expect(std::fabs(plane[i] - 1 - expected[i] / 8) < 1e-5, "a blended pixel is wrong");
  }
}

void checkStages(Context& context) {
  NamedProblem named = problemNamed("wiener, gradient");
  Team team(1);
  const FloatUnit unit = nativeFloatUnits().front();
  std::unique_ptr<Solver> solver;
  context.expect(Solver::create(named.problem.shape, *unit.fft, *unit.deconvolution, team, solver).ok(), "not made");
  if (solver == nullptr) return;
  LoadReport loaded;
  StepReport step;
  const SourceWindow source{named.problem.samples.data(), SampleType::kFloat32, 1, named.problem.shape.width};
  std::vector<float> out(named.problem.samples.size());
  const TargetWindow target{out.data(), SampleType::kFloat32, 1, named.problem.shape.width};
  context.expect(solver->load(source, {}, loaded).code() == StatusCode::kState, "loads without a PSF");
  context.expect(solver->setPsf(psfOf(named.problem)).ok() && solver->step(step).code() == StatusCode::kState,
                 "steps without an image");
  context.expect(solver->load(source, {}, loaded).ok() && solver->store(target).code() == StatusCode::kState,
                 "stores without a step");
  context.expect(solver->step(step).ok() && solver->step(step).code() == StatusCode::kState, "filters twice");
  context.expect(solver->store(target).ok() && solver->store(target).code() == StatusCode::kState, "stores twice");
}

/// A cancelled call has to begin again: from the PSF where that was cancelled, else from loading on.
void checkCancelledTicket(Context& context, const NamedProblem& named) {
  const FloatUnit unit = nativeFloatUnits().front();
  Run run(named.problem, unit, 2);
  const std::vector<float> expected = run.solve(named.steps);
  Crew other(2);
  other.ticket().cancel();
  Solver& solver = run.solver();
  const SourceWindow source{named.problem.samples.data(), SampleType::kFloat32, 1, named.problem.shape.width};
  LoadReport loaded;
  StepReport step;
  context.expect(solver.load(source, {}, loaded).ok(), "cannot load");
  {
    const Team::Loan loan(solver.team(), other.ticket());
    context.expect(solver.step(step).code() == StatusCode::kAborted, "a step was not aborted");
  }
  context.expect(solver.step(step).code() == StatusCode::kState, "steps go on from half a step");
  context.expect(run.solve(named.steps) == expected, "differs after an abort");
}

/// Rows of a padded image out of a vector, and into one.
auto giveRows(const Geometry& geometry, const std::vector<float>& image) {
  return [&](int row, int count, float* rows, std::ptrdiff_t stride, int) {
    for (int i = 0; i < count; ++i) {
      std::copy_n(image.data() + static_cast<std::ptrdiff_t>(row + i) * geometry.columns, geometry.columns,
                  rows + i * stride);
    }
  };
}

auto takeRows(const Geometry& geometry, std::vector<float>& image) {
  return [&](int row, int count, float* rows, std::ptrdiff_t stride, int) {
    for (int i = 0; i < count; ++i) {
      std::copy_n(rows + i * stride, geometry.columns,
                  image.data() + static_cast<std::ptrdiff_t>(row + i) * geometry.columns);
    }
  };
}

/// <A x, y> = <x, A^T y>
void checkAdjoint(Context& context, const NamedProblem& named) {
  const Problem& problem = named.problem;
  const FloatUnit unit = nativeFloatUnits().front();
  const Geometry geometry = geometryOf(problem.shape);
  Crew crew(2);
  Arena arena;
  arena.map(std::size_t{16} << 20);
  std::unique_ptr<RealFft2d> fft;
  context.expect(RealFft2d::create(geometry.rows, geometry.columns, *unit.fft, crew.team(), arena, fft).ok(),
                 "no transforms");
  if (fft == nullptr) return;
  const BlurContext parts{problem.shape, geometry, *unit.deconvolution, *fft, crew.team()};
  const auto blur = problem.shape.modes == 1 ? createInvariantBlur(parts, arena) : createModalBlur(parts, arena);
  blur->setPsf(psfOf(problem));
  Random random(3);
  const std::size_t size = static_cast<std::size_t>(geometry.rows) * geometry.columns;
  std::vector<float> x(size), y(size), blurred(size), spread(size);
  for (float& value : x) value = static_cast<float>(random.unit());
  for (float& value : y) value = static_cast<float>(random.unit());
  auto giveX = giveRows(geometry, x), giveY = giveRows(geometry, y);
  auto takeBlurred = takeRows(geometry, blurred), takeSpread = takeRows(geometry, spread);
  blur->start(RowVisit(giveX));
  blur->blur();
  blur->exchangeModels(RowVisit(takeBlurred));
  blur->startRatios(RowVisit(giveY));
  blur->spread();
  blur->readCorrections(RowVisit(takeSpread));
  double left = 0, right = 0;
  for (std::size_t i = 0; i < size; ++i) {
    left += static_cast<double>(blurred[i]) * y[i];
    right += static_cast<double>(spread[i]) * x[i];
  }
  context.expect(std::fabs(left - right) <= 1e-5 * std::fabs(left),
                 std::to_string(left) + " and " + std::to_string(right));
  const std::vector<double> reference = referenceBlur(problem, {x.begin(), x.end()});
  context.expect(psnr(blurred, reference) >= 110, "A x is not that of the reference");
}

}  // namespace

std::vector<Check> solverChecks() {
  std::vector<Check> checks;
  for (const NamedProblem& named : problems()) {
    const std::string name = "solver, " + named.name;
    for (const FloatUnit& unit : nativeFloatUnits()) {
      checks.push_back({name + ", " + unit.deconvolution->name + " (native)",
                        [=](Context& c) { checkAgainstReference(c, named, unit); }});
    }
    for (const FloatUnit& unit : emulatedFloatUnits()) {
      checks.push_back({name + ", " + unit.deconvolution->name + " (emulated)",
                        [=](Context& c) { checkAgainstReference(c, named, unit); }});
    }
    checks.push_back({name + ", cancelled", [=](Context& c) { checkCancelledTicket(c, named); }});
    checks.push_back({name + ", 1 to 3 threads", [=](Context& c) { checkThreads(c, named); }});
    checks.push_back({name + ", used again", [=](Context& c) { checkReuse(c, named); }});
    checks.push_back({name + ", no light and too much", [=](Context& c) { checkDegenerate(c, named); }});
    if (named.problem.shape.method == DeconvolutionMethod::kRichardsonLucy) {
      checks.push_back({name + ", adjoint", [=](Context& c) { checkAdjoint(c, named); }});
    }
  }
  for (const auto& [boundary, name] : {std::pair{Boundary::kPeriodic, "periodic"}, {Boundary::kBertero, "bertero"}}) {
    for (Acceleration acceleration : {Acceleration::kNone, Acceleration::kBiggsAndrews, Acceleration::kHeavyBall}) {
      checks.push_back({std::string("solver keeps light and sign, ") + name + ", acceleration " +
                            std::to_string(static_cast<int>(acceleration)),
                        [=](Context& c) { checkInvariants(c, boundary, acceleration); }});
    }
  }
  checks.push_back({"solver, 50 iterations in float and double", checkLongRun});
  checks.push_back({"solver, samples that are no numbers", checkNonFinite});
  checks.push_back({"solver, parts of frames of bytes and words", checkSampleTypes});
  checks.push_back({"solver, calls out of order", checkStages});
  return checks;
}

}  // namespace perifocal::checks
