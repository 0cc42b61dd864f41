// Winograd against the direct scalar convolution, on data that drives it to its limits; and its proof in numbers.
#include <cstdlib>
#include <string>

#include "checks/check.h"
#include "checks/conv_problem.h"
#include "checks/emulated.h"
#include "isa/registry.h"
#include "kernels/winograd.h"

namespace perifocal::checks {
namespace {

void compareWithDirect(Context& context, const Kernels& kernels, const ConvCase& c) {
  const ConvProblem problem(c, 7);
  const auto expected = problem.run(*findIsa("scalar")->kernels, Algorithm::kDirect, 1);
  for (int splits = 1; splits <= 3; ++splits) {
    const auto actual = problem.run(kernels, Algorithm::kWinograd, splits);
    const std::string where = nameOf(c) + " in " + std::to_string(splits) + " column ranges";
    context.expect(actual.intact(), "wrote outside its output: " + where);
    context.expect(actual == expected, "differs from the direct sums: " + where);
  }
}

std::vector<ConvCase> cases() {
  std::vector<ConvCase> all;
  const Epilogue epilogues[] = {Epilogue::kQuantise, Epilogue::kStartTrunk, Epilogue::kAddTrunk, Epilogue::kPartial};
  // Tile remainders, register tiles of every height, several runs of tiles.
  for (int width : {1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 64, 97, 193}) {
    all.push_back({3, 1, {32}, 32, width, Epilogue::kAddTrunk, Data::kRandom});
  }
  for (int channels : {4, 8, 12, 16, 20, 24, 28, 32, 36, 48, 60, 64, 100, 128}) {
    for (Epilogue epilogue : epilogues) all.push_back({3, 1, {channels}, channels, 19, epilogue, Data::kRandom});
    all.push_back({3, 1, {channels}, 16, 9, Epilogue::kQuantise, Data::kRandom});
    all.push_back({3, 1, {16}, channels, 9, Epilogue::kQuantise, Data::kRandom});
  }
  for (Data data : {Data::kAllMin, Data::kAllMax, Data::kAlternating, Data::kExtremes, Data::kWraparound}) {
    for (Epilogue epilogue : epilogues) all.push_back({3, 1, {128}, 128, 17, epilogue, data});
  }
  for (int rows : {1, 2, 3}) all.push_back({3, 1, {16}, 32, 21, Epilogue::kAddTrunk, Data::kRandom, rows});
  for (int channels : {16, 36}) {
    all.push_back({3, 1, {channels}, 32, 21, Epilogue::kQuantise, Data::kRandom, kMaxBlockRows, true});
  }
  all.push_back({3, 1, {32}, 32, 2048, Epilogue::kAddTrunk, Data::kExtremes});
  return all;
}

constexpr int kB[6][6] = {{4, 0, -5, 0, 1, 0},  {0, 4, 4, -1, -1, 0}, {0, -4, 4, 1, -1, 0},
                          {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
constexpr int kG[6][3] = {{6, 0, 0}, {1, 1, 1}, {1, -1, 1}, {1, 2, 4}, {1, -2, 4}, {0, 0, 6}};
constexpr int kA[4][6] = {{1, 4, 4, 1, 1, 0}, {0, 2, -2, 1, -1, 0}, {0, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 1}};

/// sum_p A[i][p] G[p][k] B[p][x] is f_i where x = i + k, else 0: all that the proof needs of the matrices.
void checkIdentity(Context& context) {
  for (int i = 0; i < kTileSide; ++i) {
    const int factor = 3 << kTileShift[i];
    for (int k = 0; k < 3; ++k) {
      for (int x = 0; x < kTileInputSide; ++x) {
        int sum = 0;
        for (int p = 0; p < kTileInputSide; ++p) sum += kA[i][p] * kG[p][k] * kB[p][x];
        context.expect(sum == (x == i + k ? factor : 0), "the matrices do not convolve");
      }
    }
    context.expect(6 * kA[i][kBiasPosition % kTileInputSide] == factor, "the bias is not scaled as the sums are");
  }
  context.expect(kInverseOf9 * 9u == 1u, "not the inverse of 9");
}

/// Largest |t x t^T| over inputs in [low, high]: positive and negative coefficients take opposite ends.
template <int kColumns>
int largest(const int (&t)[6][kColumns], int low, int high) {
  int result = 0;
  for (const auto& row : t) {
    for (const auto& column : t) {
      int positive = 0, negative = 0;
      for (int a : row) {
        for (int b : column) (a * b > 0 ? positive : negative) += std::abs(a * b);
      }
      result = std::max({result, positive * high - negative * low, negative * high - positive * low});
    }
  }
  return result;
}

void checkRanges(Context& context) {
  context.expect(largest(kB, 0, 255) == 17340, "V of unsigned codes: " + std::to_string(largest(kB, 0, 255)));
  context.expect(largest(kB, -128, 127) <= 17340, "V of signed codes: " + std::to_string(largest(kB, -128, 127)));
  context.expect(largest(kG, -127, 127) == 6223, "U: " + std::to_string(largest(kG, -127, 127)));
}

/// M at one position of the first tile without wraparound.
std::int64_t exactProduct(const ConvProblem& problem, int inputs, int output, int i, int j) {
  std::int64_t sum = 0;
  for (int c = 0; c < inputs; ++c) {
    std::int64_t v = 0, u = 0;
    for (int y = 0; y < kTileInputSide; ++y) {
      for (int x = 0; x < kTileInputSide; ++x) v += kB[i][y] * kB[j][x] * problem.storedCode(y, x - 1, c);
    }
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < 3; ++x) u += kG[i][y] * kG[j][x] * problem.weight(output, c, y, x);
    }
    sum += u * v;
  }
  return sum;
}

/// The extreme cases above do leave int32, several times over, or they would prove nothing.
void checkWraparound(Context& context) {
  const ConvCase c{3, 1, {128}, 128, 17, Epilogue::kQuantise, Data::kWraparound};
  const ConvProblem problem(c, 7);
  std::int64_t most = 0;
  int wrapped = 0;
  for (int position = 0; position < kTilePositions; ++position) {
    const std::int64_t sum = std::llabs(exactProduct(problem, 128, 5, position / 6, position % 6));
    most = std::max(most, sum);
    wrapped += sum >= std::int64_t{1} << 31;
  }
  context.expect(wrapped >= 4 && most > std::int64_t{3} << 31,
                 std::to_string(wrapped) + " sums wrapped, the largest is " + std::to_string(most));
}

void addChecksOf(const Kernels& kernels, const std::string& name, std::vector<Check>& checks) {
  if (!kernels.layout.hasWinograd()) return;
  for (const ConvCase& c : cases()) {
    checks.push_back(
        {name + " winograd " + nameOf(c), [&kernels, c](Context& context) { compareWithDirect(context, kernels, c); }});
  }
}

}  // namespace

std::vector<Check> winogradChecks() {
  std::vector<Check> checks = {{"winograd's matrices convolve", checkIdentity},
                               {"winograd's factors fit 16 bits", checkRanges},
                               {"winograd's extreme sums leave 32 bits", checkWraparound}};
  for (const auto& [name, kernels] : runnableKernels()) addChecksOf(*kernels, name, checks);
  return checks;
}

}  // namespace perifocal::checks
