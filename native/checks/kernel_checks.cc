// Every kernel of every instruction set against the scalar definition: random and extreme data, all borders, odd
// widths.
#include <string>

#include "checks/check.h"
#include "checks/conv_problem.h"
#include "checks/emulated.h"
#include "checks/random.h"
#include "isa/registry.h"

namespace perifocal::checks {
namespace {

const Kernels& scalarKernels() { return *findIsa("scalar")->kernels; }

void compareConvolution(Context& context, const Kernels& kernels, const ConvCase& c) {
  const ConvProblem problem(c, 99);
  const auto expected = problem.run(scalarKernels(), Algorithm::kDirect, 1);
  for (int splits = 1; splits <= 3; ++splits) {
    const auto actual = problem.run(kernels, Algorithm::kDirect, splits);
    const std::string where = nameOf(c) + " in " + std::to_string(splits) + " column ranges";
    context.expect(actual.intact(), "wrote outside its output: " + where);
    context.expect(actual == expected, "differs from scalar: " + where);
  }
}

std::vector<ConvCase> convCases() {
  std::vector<ConvCase> cases;
  const Epilogue all[] = {Epilogue::kQuantise, Epilogue::kStartTrunk, Epilogue::kAddTrunk, Epilogue::kPartial};
  for (int width : {1, 2, 3, 5, 7, 11, 12, 13, 16, 24, 25, 40}) {
    cases.push_back({3, 1, {16}, 16, width, Epilogue::kQuantise, Data::kRandom});
    cases.push_back({3, 1, {32}, 32, width, Epilogue::kAddTrunk, Data::kRandom});
    cases.push_back({3, 2, {32}, 64, width, Epilogue::kStartTrunk, Data::kRandom});
  }
  for (int channels : {3, 4, 5, 12, 16, 24, 29, 32, 48, 61, 64, 125, 128}) {
    for (Epilogue epilogue : all) {
      cases.push_back({3, 1, {channels}, channels, 19, epilogue, Data::kRandom});
      cases.push_back({1, 1, {channels, channels}, channels, 19, epilogue, Data::kRandom});
    }
    cases.push_back({3, 1, {channels}, 3, 21, Epilogue::kResidual, Data::kRandom});
  }
  for (Data data : {Data::kAllMin, Data::kAllMax, Data::kAlternating}) {
    for (Epilogue epilogue : all) cases.push_back({3, 1, {128}, 128, 17, epilogue, data});
    cases.push_back({1, 1, {224}, 64, 23, Epilogue::kQuantise, data});
    cases.push_back({1, 1, {3, 61}, 64, 23, Epilogue::kQuantise, data});
  }
  cases.push_back({3, 1, {32}, 32, 2048, Epilogue::kAddTrunk, Data::kRandom});
  return cases;
}

void compareMultiplication(Context& context, const Kernels& kernels, int channels, int width) {
  Random random(5);
  Rows<std::uint8_t> a(2, channels * width, 0), b(2, channels * width, 0), out(2, channels * width, 0xa5),
      expected(2, channels * width, 0xa5);
  for (int r = 0; r < 2; ++r) {
    for (int i = 0; i < channels * width; ++i) {
      a.rows()[r][i] = static_cast<std::uint8_t>(i < 256 ? i : random.next());
      b.rows()[r][i] = static_cast<std::uint8_t>(i < 256 ? 255 - i : random.next());
    }
  }
  const auto job = [&](Rows<std::uint8_t>& to, int offset) {
    return MultiplyJob{a.readable(), b.readable(), to.rows(), 2,       channels, offset - 128,
                       offset + 3,   offset + 1,   0.004f,    -129.0f, 126.0f};
  };
  // Both sides read the same bytes; the scalar kernel stores u8, so signed kernels are given their own view.
  const int offset = kernels.layout.storedOffset;
  kernels.multiply(job(out, offset), 0, width);
  Rows<std::uint8_t> ua(2, channels * width, 0), ub(2, channels * width, 0);
  for (int r = 0; r < 2; ++r) {
    for (int i = 0; i < channels * width; ++i) {
      ua.rows()[r][i] = static_cast<std::uint8_t>(a.rows()[r][i] + 128 - offset);
      ub.rows()[r][i] = static_cast<std::uint8_t>(b.rows()[r][i] + 128 - offset);
    }
  }
  MultiplyJob scalar = job(expected, 128);
  scalar.a = ua.readable();
  scalar.b = ub.readable();
  scalarKernels().multiply(scalar, 0, width);
  for (int r = 0; r < 2; ++r) {
    for (int i = 0; i < channels * width; ++i) {
      const auto want = static_cast<std::uint8_t>(expected.rows()[r][i] - 128 + offset);
      context.expect(out.rows()[r][i] == want, "product differs at " + std::to_string(i));
    }
  }
  context.expect(out.guardsIntact(), "wrote outside its output");
}

void addChecksOf(const Kernels& kernels, const std::string& name, std::vector<Check>& checks) {
  for (const ConvCase& c : convCases()) {
    checks.push_back({name + " convolve " + nameOf(c),
                      [&kernels, c](Context& context) { compareConvolution(context, kernels, c); }});
  }
  for (int channels : {4, 12, 64}) {
    checks.push_back(
        {name + " multiply " + std::to_string(channels) + " channels",
         [&kernels, channels](Context& context) { compareMultiplication(context, kernels, channels, 37); }});
  }
  checks.push_back({name + " spin counts its work", [&kernels](Context& context) {
                      context.expect(kernels.spin(4800) > 0, "no multiply-accumulates were counted");
                    }});
}

}  // namespace

std::vector<Check> kernelChecks() {
  std::vector<Check> checks;
  for (const auto& [name, kernels] : runnableKernels()) addChecksOf(*kernels, name, checks);
  return checks;
}

}  // namespace perifocal::checks
