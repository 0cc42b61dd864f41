// 3x3 convolutions (stride 1, zero padding 1) by Winograd F(4x4, 3x3) in single precision, and their weight gradients.
//
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv 1509.09308. Images are NHWC with H and W
// multiples of 4; channel counts are multiples of 16; transformed weights are [36][C][K].

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace {

#ifdef __AVX512F__
constexpr int kLanes = 16, kRows = 8;
#else
constexpr int kLanes = 8, kRows = 4;
#endif
constexpr int kTile = 4, kWindow = 6, kPoints = kWindow * kWindow;
constexpr int kAhead = 9;  // columns from the left of a tile to what is fetched meanwhile

typedef float Vec __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

Vec& at(float* p) { return *reinterpret_cast<Vec*>(p); }
const Vec& at(const float* p) { return *reinterpret_cast<const Vec*>(p); }

struct Shape {
  int64_t n, h, w;
  int64_t rows() const { return h / kTile; }
  int64_t columns() const { return w / kTile; }
  int64_t tiles() const { return n * rows() * columns(); }
};

// Where a tile of 4x4 samples begins.
struct Position {
  int64_t image, row, column;
  Position(const Shape& s, int64_t tile)
      : image(tile / (s.rows() * s.columns())),
        row(tile / s.columns() % s.rows() * kTile),
        column(tile % s.columns() * kTile) {}
};

// B^T d
void input_line(const Vec d[kWindow], Vec v[kWindow]) {
  const Vec even = d[4] - 4.f * d[2], odd = d[3] - 4.f * d[1];
  const Vec wide_even = d[4] - d[2], wide_odd = 2.f * (d[3] - d[1]);
  v[0] = 4.f * d[0] - 5.f * d[2] + d[4];
  v[1] = even + odd;
  v[2] = even - odd;
  v[3] = wide_even + wide_odd;
  v[4] = wide_even - wide_odd;
  v[5] = 4.f * d[1] - 5.f * d[3] + d[5];
}

// A^T m
void output_line(const Vec m[kWindow], Vec y[kTile]) {
  const Vec sum = m[1] + m[2], difference = m[1] - m[2], wide_sum = m[3] + m[4], wide_difference = m[3] - m[4];
  y[0] = m[0] + sum + wide_sum;
  y[1] = difference + 2.f * wide_difference;
  y[2] = sum + 4.f * wide_sum;
  y[3] = difference + 8.f * wide_difference + m[5];
}

// A g
void gradient_line(const Vec g[kTile], Vec v[kWindow]) {
  const Vec even = g[0] + g[2], odd = g[1] + g[3];
  const Vec wide_even = g[0] + 4.f * g[2], wide_odd = 2.f * g[1] + 8.f * g[3];
  v[0] = g[0];
  v[1] = even + odd;
  v[2] = even - odd;
  v[3] = wide_even + wide_odd;
  v[4] = wide_even - wide_odd;
  v[5] = g[3];
}

// B^T d B of one tile's window, all channels: point p goes to v[p * stride + channel].
void transform_input(const float* x, const Shape& s, int64_t channels, int64_t tile, float* v, int64_t stride) {
  const Position p(s, tile);
  const float* image = x + p.image * s.h * s.w * channels;
  for (int i = 0; i < kWindow; i++) {
    const float* ahead = image + ((p.row + i - 1) * s.w + p.column + kAhead) * channels;
    for (int64_t c = 0; c < kTile * channels; c += 16) __builtin_prefetch(ahead + c);
  }
  for (int64_t c = 0; c < channels; c += kLanes) {
    Vec lines[kWindow][kWindow];
    for (int i = 0; i < kWindow; i++) {
      Vec d[kWindow];
      for (int j = 0; j < kWindow; j++) {
        const int64_t row = p.row + i - 1, column = p.column + j - 1;
        const bool inside = row >= 0 && row < s.h && column >= 0 && column < s.w;
        d[j] = inside ? at(image + (row * s.w + column) * channels + c) : Vec{};
      }
      input_line(d, lines[i]);
    }
    for (int j = 0; j < kWindow; j++) {
      Vec column[kWindow], out[kWindow];
      for (int i = 0; i < kWindow; i++) column[i] = lines[i][j];
      input_line(column, out);
      for (int i = 0; i < kWindow; i++) at(v + (i * kWindow + j) * stride + c) = out[i];
    }
  }
}

// A g A^T of one tile; its samples are added to `sums` of the channels.
void transform_gradient(const float* g, const Shape& s, int64_t channels, int64_t tile, float* m, int64_t stride,
                        float* sums) {
  const Position p(s, tile);
  const float* image = g + p.image * s.h * s.w * channels;
  for (int64_t k = 0; k < channels; k += kLanes) {
    Vec lines[kTile][kWindow], sum{};
    for (int i = 0; i < kTile; i++) {
      Vec d[kTile];
      for (int j = 0; j < kTile; j++) {
        d[j] = at(image + ((p.row + i) * s.w + p.column + j) * channels + k);
        sum += d[j];
      }
      gradient_line(d, lines[i]);
    }
    at(sums + k) += sum;
    for (int j = 0; j < kWindow; j++) {
      Vec column[kTile], out[kWindow];
      for (int i = 0; i < kTile; i++) column[i] = lines[i][j];
      gradient_line(column, out);
      for (int i = 0; i < kWindow; i++) at(m + (i * kWindow + j) * stride + k) = out[i];
    }
  }
}

// A^T m A of one tile, plus the bias if there is one.
void transform_output(const float* m, int64_t stride, const Shape& s, int64_t channels, int64_t tile,
                      const float* bias, float* y) {
  const Position p(s, tile);
  float* image = y + p.image * s.h * s.w * channels;
  for (int64_t k = 0; k < channels; k += kLanes) {
    Vec lines[kTile][kWindow];
    for (int j = 0; j < kWindow; j++) {
      Vec column[kWindow], out[kTile];
      for (int i = 0; i < kWindow; i++) column[i] = at(m + (i * kWindow + j) * stride + k);
      output_line(column, out);
      for (int i = 0; i < kTile; i++) lines[i][j] = out[i];
    }
    const Vec shift = bias ? at(bias + k) : Vec{};
    for (int i = 0; i < kTile; i++) {
      Vec out[kTile];
      output_line(lines[i], out);
      for (int j = 0; j < kTile; j++) at(image + ((p.row + i) * s.w + p.column + j) * channels + k) = out[j] + shift;
    }
  }
}

// A matrix whose element (i, l) lies at data[i * row + l * column].
struct Strided {
  const float* data;
  int64_t row, column;
};

template <int V, bool kAdd>
void multiply_columns(Strided a, const float* b, float* c, int64_t rows, int64_t columns, int64_t depth) {
  for (int64_t i = 0; i < rows; i += kRows) {
    Vec sum[kRows][V];
    for (int r = 0; r < kRows; r++)
      for (int v = 0; v < V; v++) sum[r][v] = kAdd ? at(c + (i + r) * columns + v * kLanes) : Vec{};
    for (int64_t l = 0; l < depth; l++) {
      Vec right[V];
      for (int v = 0; v < V; v++) right[v] = at(b + l * columns + v * kLanes);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; r++) {
        const float left = a.data[(i + r) * a.row + l * a.column];
        for (int v = 0; v < V; v++) sum[r][v] += left * right[v];
      }
    }
    for (int r = 0; r < kRows; r++)
      for (int v = 0; v < V; v++) at(c + (i + r) * columns + v * kLanes) = sum[r][v];
  }
}

// c[rows][columns] = a * b, or += with kAdd; rows is a multiple of 8, columns of 16.
template <bool kAdd>
void multiply(Strided a, const float* b, float* c, int64_t rows, int64_t columns, int64_t depth) {
  int64_t k = 0;
  for (; k + 2 * kLanes <= columns; k += 2 * kLanes)
    multiply_columns<2, kAdd>(a, b + k, c + k, rows, columns, depth);
  if (k < columns) multiply_columns<1, kAdd>(a, b + k, c + k, rows, columns, depth);
}

// Tiles that are transformed together, so that both sides of the products stay in the second-level cache.
int64_t block_size(int64_t channels) { return channels > 64 ? 32 : 48; }

// Memory of one thread for both sides of the products of a block, kept between calls.
struct Scratch {
  float *v, *m;
  int64_t v_stride, m_stride;
  Scratch(int thread, int64_t block, int64_t c, int64_t k) : v_stride(block * c + 16), m_stride(block * k + 16) {
    static std::vector<std::pair<std::unique_ptr<float[]>, int64_t>> kept(kMaxThreads);
    auto& [data, held] = kept[thread];
    const int64_t size = kPoints * (v_stride + m_stride);
    if (held < size) data.reset(new float[held = size]());
    v = data.get();
    m = v + kPoints * v_stride;
  }
  static constexpr int kMaxThreads = 256;
};

// Calls work(thread, item) for all items; threads take the next item when they are free.
template <class Work>
void share(int64_t items, int threads, const Work& work) {
  std::atomic<int64_t> next{0};
  const auto run = [&](int thread) {
    for (int64_t item; (item = next.fetch_add(1)) < items;) work(thread, item);
  };
  std::vector<std::thread> others;
  for (int t = 1; t < std::min(threads, Scratch::kMaxThreads); t++) others.emplace_back(run, t);
  run(0);
  for (auto& other : others) other.join();
}

}  // namespace

// y = x convolved with the transformed weights u, plus bias (may be null).
extern "C" void convolve(const float* x, const float* u, const float* bias, float* y, int64_t n, int64_t h, int64_t w,
                         int64_t c, int64_t k, int threads) {
  const Shape s{n, h, w};
  const int64_t block = block_size(std::max(c, k));
  share((s.tiles() + block - 1) / block, threads, [&](int thread, int64_t item) {
    const Scratch scratch(thread, block, c, k);
    const int64_t first = item * block, count = std::min(block, s.tiles() - first);
    for (int64_t i = 0; i < count; i++) transform_input(x, s, c, first + i, scratch.v + i * c, scratch.v_stride);
    for (int p = 0; p < kPoints; p++)
      multiply<false>({scratch.v + p * scratch.v_stride, c, 1}, u + p * c * k, scratch.m + p * scratch.m_stride,
                      (count + 7) / 8 * 8, k, c);
    for (int64_t i = 0; i < count; i++)
      transform_output(scratch.m + i * k, scratch.m_stride, s, k, first + i, bias, y);
  });
}

// Adds the gradients of the transformed weights to du[parts][36][C][K] and of the bias to sums[parts][K]. Each part
// sums the same tiles in the same order on any number of threads.
extern "C" void weight_gradient(const float* x, const float* g, float* du, float* sums, int64_t parts, int64_t n,
                                int64_t h, int64_t w, int64_t c, int64_t k, int threads) {
  const Shape s{n, h, w};
  const int64_t block = block_size(std::max(c, k));
  share(parts, threads, [&](int thread, int64_t part) {
    const Scratch scratch(thread, block, c, k);
    for (int64_t first = part * block; first < s.tiles(); first += parts * block) {
      const int64_t count = std::min(block, s.tiles() - first);
      for (int64_t i = 0; i < count; i++) {
        transform_input(x, s, c, first + i, scratch.v + i * c, scratch.v_stride);
        transform_gradient(g, s, k, first + i, scratch.m + i * k, scratch.m_stride, sums + part * k);
      }
      for (int p = 0; p < kPoints; p++)
        multiply<true>({scratch.v + p * scratch.v_stride, 1, c}, scratch.m + p * scratch.m_stride,
                       du + (part * kPoints + p) * c * k, c, k, count);
    }
  });
}
