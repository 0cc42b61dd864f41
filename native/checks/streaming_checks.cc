// Strips against the whole image: same bytes for every instruction set, thread count, strip height and orientation.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>

#include "checks/check.h"
#include "checks/conv_problem.h"
#include "checks/crew.h"
#include "checks/emulated.h"
#include "checks/random.h"
#include "checks/random_model.h"
#include "checks/reference_network.h"
#include "isa/registry.h"
#include "streaming/pipeline.h"

namespace perifocal::checks {
namespace {

std::vector<std::uint8_t> randomImage(int width, int height, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(width) * height * 3);
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    const int smooth = static_cast<int>(i / 3 % width * 3 + i / (3 * width) * 2) % 256;
    rgb[i] = static_cast<std::uint8_t>(std::clamp(smooth + random.between(-40, 40), 0, 255));
  }
  return rgb;
}

/// A border that runs down aslant, a hole, and a pixel here and there: 0 where one is missing.
std::vector<std::uint8_t> randomGaps(int width, int height, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint8_t> valid(static_cast<std::size_t>(width) * height, 1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool border = 3 * x < y + width / 4 - 2, hole = std::abs(x - width / 2) + std::abs(y - height / 2) < 9;
      if (border || hole || random.between(0, 40) == 0) valid[static_cast<std::size_t>(y) * width + x] = 0;
    }
  }
  return valid;
}

template <class T>
std::vector<T> transposedImage(const std::vector<T>& image, int width, int height, int channels = 3) {
  std::vector<T> out(image.size());
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c)
        out[(static_cast<std::size_t>(x) * height + y) * channels + c] =
            image[(static_cast<std::size_t>(y) * width + x) * channels + c];
  return out;
}

/// Runs one pass; an empty result means that `context` has the reason. `valid` is empty where no pixel is missing.
std::vector<std::int16_t> runPass(Context& context, Pipeline& pipeline, const std::vector<std::uint8_t>& rgb,
                                  const std::vector<std::uint8_t>& valid = {}) {
  const PassShape& pass = pipeline.pass();
  const std::size_t rowSamples = static_cast<std::size_t>(pass.width) * 3;
  std::vector<std::int16_t> result, strip((pass.stripRows + kEmissionSlack) * rowSamples);
  const auto collect = [&](const Status& status, int emitted) {
    context.expect(status.ok(), status.message());
    result.insert(result.end(), strip.begin(), strip.begin() + static_cast<std::ptrdiff_t>(emitted * rowSamples));
    return status.ok() && emitted >= 0;
  };
  for (int row = 0; row < pass.height; row += pass.stripRows) {
    const int count = std::min(pass.stripRows, pass.height - row);
    std::memcpy(pipeline.staging(), rgb.data() + row * rowSamples, count * rowSamples);
    int emitted = 0;
    if (!valid.empty()) {
      const Status status = pipeline.setValid(valid.data() + static_cast<std::size_t>(row) * pass.width, count);
      context.expect(status.ok(), status.message());
    }
    const Status status = pipeline.push(count, strip.data(), emitted);
    if (!collect(status, emitted)) return {};
  }
  for (int emitted = 1; emitted > 0;) {
    const Status status = pipeline.drain(pass.stripRows, strip.data(), emitted);
    if (!collect(status, emitted)) return {};
  }
  return result;
}

/// The shapes of all layers that Winograd can sum.
WinogradShapes winogradShapes(const NetworkShape& shape) {
  WinogradShapes shapes;
  for (const LayerSpec& layer : layersOf(shape)) {
    if (layer.suitsWinograd()) shapes.insert({layer.sources[0], layer.out});
  }
  return shapes;
}

std::unique_ptr<Model> load(Context& context, const RandomModel& source, const Kernels& kernels,
                            Algorithm algorithm = Algorithm::kWinograd, bool checked = false) {
  std::unique_ptr<Model> model;
  const WinogradShapes shapes = algorithm == Algorithm::kWinograd ? winogradShapes(source.shape()) : WinogradShapes{};
  const Status status = Model::build(source.shape(), source.tensors(), kernels, shapes, Team(1), model, checked);
  context.expect(status.ok(), status.message());
  return model;
}

std::unique_ptr<Pipeline> open(Context& context, const Model& model, const PassShape& pass) {
  std::unique_ptr<Pipeline> pipeline;
  const Status status = Pipeline::create(model, pass, pipeline);
  context.expect(status.ok(), status.message());
  if (pipeline != nullptr) {
    context.expect(pipeline->mappedBytes() == pipeline->plan().arenaBytes, "planned bytes differ from mapped bytes");
    std::size_t sum = 0;
    for (const PlannedBuffer& buffer : pipeline->plan().buffers) sum += buffer.rowBytes * buffer.rows;
    context.expect(sum == pipeline->plan().arenaBytes, "the planned buffers do not sum to the arena");
  }
  return pipeline;
}

struct Case {
  NetworkShape shape;
  int width, height;
  bool hasGaps = false;
};

std::string text(Algorithm algorithm) { return algorithm == Algorithm::kDirect ? "direct" : "winograd"; }

std::string text(const Case& c) {
  return "n" + std::to_string(c.shape.residualBlocks) + " base " + std::to_string(c.shape.baseWidth) + " " +
         std::to_string(c.width) + "x" + std::to_string(c.height) + (c.hasGaps ? " with gaps" : "");
}

/// @param real threads that run those of the pass; 0: as many
void compareWithReference(Context& context, const Case& c, const Kernels& kernels, PassShape pass,
                          Algorithm algorithm = Algorithm::kWinograd, int real = 0) {
  const RandomModel source(c.shape, 7);
  const auto rgb = randomImage(c.width, c.height, 11);
  const auto valid = c.hasGaps ? randomGaps(c.width, c.height, 13) : std::vector<std::uint8_t>();
  const auto expected = referenceResidual(source, rgb, c.width, c.height, valid);
  const auto model = load(context, source, kernels, algorithm, pass.integrity != Integrity::kOff);
  if (model == nullptr) return;
  pass.width = pass.transposed ? c.height : c.width;
  pass.height = pass.transposed ? c.width : c.height;
  const auto pipeline = open(context, *model, pass);
  if (pipeline == nullptr) return;
  Crew crew(pass.threads, real == 0 ? pass.threads : real);
  const Team::Loan loan(pipeline->team(), crew.ticket());
  auto actual = pass.transposed ? runPass(context, *pipeline, transposedImage(rgb, c.width, c.height),
                                          transposedImage(valid, c.width, c.height, valid.empty() ? 0 : 1))
                                : runPass(context, *pipeline, rgb, valid);
  if (pass.transposed) actual = transposedImage(actual, c.height, c.width);
  if (pipeline->counters() != nullptr) {
    context.expect(pipeline->counters()->firings > 0, "no firing was checked");
    for (std::int64_t found : pipeline->counters()->found) context.expect(found == 0, "a false alarm");
  }
  context.expect(actual.size() == expected.size(), "wrong number of rows");
  if (context.failed()) return;
  const auto [a, b] = std::mismatch(actual.begin(), actual.end(), expected.begin());
  if (a == actual.end()) return;
  const auto at = static_cast<int>(a - actual.begin());
  context.expect(false, "differs at x " + std::to_string(at / 3 % c.width) + " y " + std::to_string(at / 3 / c.width) +
                            ": " + std::to_string(*a) + " instead of " + std::to_string(*b));
}

/// The best instruction set that runs natively.
const Kernels& bestKernels() {
  for (const RegisteredIsa& isa : registeredIsas()) {
    if (isa.supported) return *isa.kernels;
  }
  return *registeredIsas().back().kernels;
}

/// Kernels that dawdle before and after their work, as a seed has it, so that threads overtake one another each time in
/// other places.
class Dawdling {
 public:
  Dawdling(const Kernels& kernels, std::uint64_t seed) : kernels_(kernels) {
    diligent = &kernels;
    moods = seed << 32;
    if (kernels.convolve != nullptr) kernels_.convolve = around<&Kernels::convolve>;
    if (kernels.convolveWinograd != nullptr) kernels_.convolveWinograd = around<&Kernels::convolveWinograd>;
    kernels_.multiply = around<&Kernels::multiply>;
  }

  const Kernels& kernels() const { return kernels_; }

 private:
  template <auto kKernel, class... Arguments>
  static void around(Arguments... arguments) {
    dawdle();
    (diligent->*kKernel)(arguments...);
    dawdle();
  }

  /// Each call has a mood of its own, whichever thread makes it.
  static void dawdle() {
    const int mood = Random(moods.fetch_add(1)).between(0, 15);
    if (mood == 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
    for (int i = 12; i < mood; ++i) std::this_thread::yield();
  }

  static inline const Kernels* diligent = nullptr;
  static inline std::atomic<std::uint64_t> moods{0};

  Kernels kernels_;
};

void checkInterleavings(Context& context, int threads, Integrity integrity) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Dawdling dawdling(bestKernels(), seed);
    const bool transposed = seed % 2 == 0, keepWeights = seed % 3 == 0;
    const int strip = seed % 2 == 0 ? 16 : 5;
    compareWithReference(context, {{2, 8}, 84, 64, seed > 3}, dawdling.kernels(),
                         {0, 0, transposed, threads, strip, keepWeights, integrity});
  }
}

/// A layer whose sums may pass 2^24 comes out the same, and is not summed by Winograd.
void checkLargeSums(Context& context) {
  const std::string key = "Encoder.0.layers.0.main.0.main.0";
  const Case c{{1, 8}, 36, 24};
  RandomModel source(c.shape, 7);
  source.setBias(key, 1 << 24);
  const auto rgb = randomImage(c.width, c.height, 11);
  const auto model = load(context, source, bestKernels());
  if (model == nullptr) return;
  int direct = 0, winograd = 0;
  for (const LayerSpec& layer : model->graph().layers) {
    if (!layer.suitsWinograd()) continue;
    (layer.winograd ? winograd : direct)++;
    context.expect(layer.winograd == (layer.key != key), "'" + layer.key + "' is summed the wrong way");
  }
  if (bestKernels().layout.hasWinograd()) context.expect(direct == 1 && winograd > 1, "not one layer is direct");
  const auto pipeline = open(context, *model, {c.width, c.height, false, 2, 4});
  if (pipeline == nullptr) return;
  context.expect(runPass(context, *pipeline, rgb) == referenceResidual(source, rgb, c.width, c.height), "differs");
}

void checkReuseAfterAbort(Context& context) {
  const Case c{{2, 8}, 40, 96};
  const RandomModel source(c.shape, 3);
  const auto model = load(context, source, bestKernels());
  if (model == nullptr) return;
  const auto rgb = randomImage(c.width, c.height, 5);
  const auto pipeline = open(context, *model, {c.width, c.height, false, 2, 48});
  const auto first = runPass(context, *pipeline, rgb);
  pipeline->reset();
  std::vector<std::int16_t> strip(static_cast<std::size_t>(48 + kEmissionSlack) * c.width * 3);
  int emitted = 0;
  std::memcpy(pipeline->staging(), rgb.data(), static_cast<std::size_t>(48) * c.width * 3);
  context.expect(pipeline->push(40, strip.data(), emitted).ok(), "push failed");
  // Of these rows' work some is left to do, which is given up.
  pipeline->cancel();
  context.expect(pipeline->push(48, strip.data(), emitted).code() == StatusCode::kAborted, "cancel was not honoured");
  pipeline->reset();
  context.expect(runPass(context, *pipeline, rgb) == first, "a pass after an abort differs from a fresh one");
  context.expect(pipeline->push(1, strip.data(), emitted).code() == StatusCode::kState, "a row too many was accepted");
}

/// Another thread cancels while firings are under way, each time at another one.
void checkCancelAmidWork(Context& context) {
  const Case c{{2, 8}, 40, 96};
  const RandomModel source(c.shape, 3);
  const Dawdling dawdling(bestKernels(), 7);
  const auto model = load(context, source, dawdling.kernels());
  if (model == nullptr) return;
  const auto rgb = randomImage(c.width, c.height, 5);
  const auto expected = referenceResidual(source, rgb, c.width, c.height);
  const auto pipeline = open(context, *model, {c.width, c.height, false, 3, 96});
  std::vector<std::int16_t> strip(static_cast<std::size_t>(96 + kEmissionSlack) * c.width * 3);
  for (int round = 0; round < 8; ++round) {
    pipeline->reset();
    std::memcpy(pipeline->staging(), rgb.data(), rgb.size());
    std::thread canceller([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(200 * round));
      pipeline->cancel();
    });
    int emitted = 0;
    const Status status = pipeline->push(c.height, strip.data(), emitted);
    canceller.join();
    context.expect(status.ok() || (status.code() == StatusCode::kAborted && emitted == 0), status.message());
  }
  pipeline->reset();
  context.expect(runPass(context, *pipeline, rgb) == expected, "a pass after aborts differs from the reference");
}

/// What is missing from one pass is not missing from the next; a mask without gaps is no mask.
void checkGapsAreForgotten(Context& context) {
  const Case c{{2, 8}, 40, 36};
  const RandomModel source(c.shape, 3);
  const auto model = load(context, source, bestKernels());
  if (model == nullptr) return;
  const auto rgb = randomImage(c.width, c.height, 5);
  const auto expected = referenceResidual(source, rgb, c.width, c.height);
  const std::vector<std::uint8_t> whole(static_cast<std::size_t>(c.width) * c.height, 1);
  const auto pipeline = open(context, *model, {c.width, c.height, false, 2, 8});
  for (const auto& valid : {whole, {}}) {
    context.expect(runPass(context, *pipeline, rgb, randomGaps(c.width, c.height, 5)) != expected, "ignores gaps");
    pipeline->reset();
    context.expect(runPass(context, *pipeline, rgb, valid) == expected, "sees gaps where there are none");
    pipeline->reset();
  }
  context.expect(pipeline->setValid(whole.data(), 9).code() == StatusCode::kState, "rows too many were accepted");
}

void checkCancelledTicket(Context& context) {
  const Case c{{2, 8}, 40, 36};
  const RandomModel source(c.shape, 3);
  const auto model = load(context, source, bestKernels());
  if (model == nullptr) return;
  const auto rgb = randomImage(c.width, c.height, 5);
  const auto pipeline = open(context, *model, {c.width, c.height, false, 2, 8});
  std::vector<std::int16_t> strip(static_cast<std::size_t>(8 + kEmissionSlack) * c.width * 3);
  int emitted = 0;
  {
    Crew crew(2);
    const Team::Loan loan(pipeline->team(), crew.ticket());
    crew.ticket().cancel();
    context.expect(pipeline->push(8, strip.data(), emitted).code() == StatusCode::kAborted, "not aborted");
  }
  context.expect(pipeline->push(8, strip.data(), emitted).code() == StatusCode::kAborted, "goes on with lost rows");
  pipeline->reset();
  context.expect(runPass(context, *pipeline, rgb) == referenceResidual(source, rgb, c.width, c.height), "differs");
}

/// One slot fewer in any class must be noticed, never overwrite a live row.
void checkPlanIsMinimal(Context& context) {
  const Graph graph = buildGraph({2, 8});
  const PassShape pass{64, 96, false, 1, 1};
  const MemoryPlan plan = planMemory(graph, pass, registeredIsas().back().kernels->layout);
  for (std::size_t c = 0; c < plan.classes.size(); ++c) {
    MemoryPlan smaller = plan;
    --smaller.classes[c].slots;
    Arena arena;
    RowStore store;
    context.expect(arena.map(plan.arenaBytes) && store.attach(smaller, arena), "cannot attach");
    Schedule schedule(graph, pass.height);
    std::vector<int> firstLive(graph.tensors.size(), 0);
    bool refused = false;
    for (int row = 0; row < pass.height && !refused; row += 4) {
      for (int i = 0; i < 4; ++i) refused |= !store.allocate(0, row + i);
      schedule.addInput(4);
      while (const auto firing = schedule.next()) {
        const Stage& stage = graph.stages[firing->stage];
        for (int tensor : {stage.codes, stage.trunk, stage.partial}) {
          for (int r = firing->rowBegin; tensor >= 0 && r < firing->rowEnd; ++r) refused |= !store.allocate(tensor, r);
        }
        schedule.complete(*firing);
        for (const StageInput& input : stage.inputs) {
          for (int& r = firstLive[input.tensor]; r < schedule.progress().firstLive(input.tensor); ++r)
            store.release(input.tensor, r);
        }
        if (refused) break;
      }
    }
    context.expect(refused, "class " + std::to_string(c) + " has a slot that is never used");
  }
}

/// The same bytes as without, and no alarm, for every instruction set, number of threads, direction and algorithm.
void addIntegrityChecks(std::vector<Check>& checks) {
  for (const auto& [name, kernels] : runnableKernels()) {
    for (Algorithm algorithm : {Algorithm::kDirect, Algorithm::kWinograd}) {
      for (bool transposed : {false, true}) {
        for (Integrity integrity : {Integrity::kChecked, Integrity::kFull}) {
          const std::string what = (integrity == Integrity::kFull ? "full, " : "checked, ") + text(algorithm);
          checks.push_back({what + (transposed ? ", transposed, " : ", ") + name, [=](Context& context) {
                              for (int threads = 1; threads <= 3; ++threads) {
                                compareWithReference(context, {{2, 8}, 84, 64, threads > 1}, *kernels,
                                                     {0, 0, transposed, threads, 8, false, integrity}, algorithm);
                              }
                            }});
        }
      }
    }
  }
}

}  // namespace

std::vector<Check> streamingChecks() {
  std::vector<Check> checks;
  const std::vector<Case> sizes = {{{1, 8}, 4, 4},    {{1, 8}, 8, 4},         {{1, 8}, 4, 8},
                                   {{2, 8}, 20, 16},  {{2, 8}, 84, 64, true}, {{3, 8}, 64, 20},
                                   {{1, 12}, 36, 52}, {{2, 4}, 100, 60},      {{1, 16}, 132, 40}};
  for (const auto& [name, kernels] : runnableKernels()) {
    for (const Case& c : sizes) {
      checks.push_back({"stream == whole image, " + text(c) + ", " + name, [=](Context& context) {
                          compareWithReference(context, c, *kernels, {0, 0, false, 1, 4}, Algorithm::kDirect);
                        }});
      if (!kernels->layout.hasWinograd()) continue;
      for (bool keep : {false, true}) {
        checks.push_back(
            {"winograd's stream == whole image, " + text(c) + (keep ? ", weights kept, " : ", ") + name,
             [=](Context& context) { compareWithReference(context, c, *kernels, {0, 0, false, 1, 4, keep}); }});
      }
    }
    for (Algorithm algorithm : {Algorithm::kDirect, Algorithm::kWinograd}) {
      checks.push_back({"transposed pass == plain pass, " + text(algorithm) + ", " + name, [=](Context& context) {
                          for (bool hasGaps : {false, true}) {
                            compareWithReference(context, {{2, 8}, 52, 28, hasGaps}, *kernels, {0, 0, true, 2, 4},
                                                 algorithm);
                          }
                        }});
    }
  }
  for (int threads = 1; threads <= 3; ++threads) {
    for (int strip : {1, 2, 3, 4, 7, 16, 64, 200}) {
      for (Algorithm algorithm : {Algorithm::kDirect, Algorithm::kWinograd}) {
        checks.push_back({"strips of " + std::to_string(strip) + " rows, " + text(algorithm) + ", " +
                              std::to_string(threads) + " threads",
                          [=](Context& context) {
                            for (bool hasGaps : {false, true}) {
                              compareWithReference(context, {{2, 8}, 84, 64, hasGaps}, bestKernels(),
                                                   {0, 0, false, threads, strip}, algorithm);
                            }
                          }});
      }
    }
  }
  for (const auto [threads, real] : {std::pair{2, 1}, {3, 1}, {3, 2}}) {
    checks.push_back({std::to_string(threads) + " threads on " + std::to_string(real), [=](Context& context) {
                        compareWithReference(context, {{2, 8}, 84, 64}, bestKernels(), {0, 0, false, threads, 16},
                                             Algorithm::kWinograd, real);
                      }});
  }
  for (int threads : {2, 3}) {
    for (Integrity integrity : {Integrity::kOff, Integrity::kChecked}) {
      const std::string what = integrity == Integrity::kOff ? "" : ", checked";
      checks.push_back({"any interleaving, " + std::to_string(threads) + " threads" + what,
                        [=](Context& context) { checkInterleavings(context, threads, integrity); }});
    }
  }
  addIntegrityChecks(checks);
  checks.push_back({"gaps are forgotten with their pass", checkGapsAreForgotten});
  checks.push_back({"a cancelled ticket ends the pass until it is reset", checkCancelledTicket});
  checks.push_back({"winograd leaves layers of too large sums to the direct kernels", checkLargeSums});
  checks.push_back({"a pass after an abort equals a fresh one", checkReuseAfterAbort});
  checks.push_back({"a pass is cancelled amid the work of 3 threads", checkCancelAmidWork});
  checks.push_back({"the memory plan has no slot to spare", checkPlanIsMinimal});
  return checks;
}

}  // namespace perifocal::checks
