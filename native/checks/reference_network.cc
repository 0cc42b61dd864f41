#include "checks/reference_network.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace perifocal::checks {
namespace {

/// Channels x height x width integers: codes with their scale and zero point, sums, or trunk values.
struct Planes {
  int channels, height, width;
  std::vector<std::int32_t> v;
  double scale = 0;
  int zero = 0;

  Planes(int c, int h, int w) : channels(c), height(h), width(w), v(static_cast<std::size_t>(c) * h * w) {}
  std::int32_t& at(int c, int y, int x) { return v[(static_cast<std::size_t>(c) * height + y) * width + x]; }
  std::int32_t at(int c, int y, int x) const { return v[(static_cast<std::size_t>(c) * height + y) * width + x]; }
  /// Codes minus zero point; zero outside.
  std::int32_t centred(int c, int y, int x) const {
    return y < 0 || x < 0 || y >= height || x >= width ? 0 : at(c, y, x) - zero;
  }
};

/// Where pixels count as missing at any scale: in blocks of 4x4 of the image none of which is there.
class Gaps {
 public:
  Gaps(const std::vector<std::uint8_t>& valid, int width, int height) : valid_(valid), width_(width), height_(height) {}

  /// Codes are zero points where the image is missing.
  Planes cut(Planes codes) const {
    for (int y = 0; y < codes.height && !valid_.empty(); ++y)
      for (int x = 0; x < codes.width; ++x)
        for (int c = 0; c < codes.channels; ++c)
          if (isMissing(y * height_ / codes.height / 4 * 4, x * width_ / codes.width / 4 * 4))
            codes.at(c, y, x) = codes.zero;
    return codes;
  }

 private:
  bool isMissing(int top, int left) const {
    for (int y = top; y < top + 4; ++y)
      for (int x = left; x < left + 4; ++x)
        if (valid_[static_cast<std::size_t>(y) * width_ + x] != 0) return false;
    return true;
  }

  const std::vector<std::uint8_t>& valid_;
  int width_, height_;
};

std::int32_t rne(float x) { return static_cast<std::int32_t>(std::nearbyint(x)); }

std::int32_t requantise(std::int32_t value, float multiplier, int low, int high) {
  const float scaled = static_cast<float>(value) * multiplier;
  return std::clamp(rne(std::clamp(scaled, -1e9f, 1e9f)), low, high);
}

Planes sampled(const Planes& in, int height, int width) {
  Planes out(in.channels, height, width);
  out.scale = in.scale;
  out.zero = in.zero;
  for (int c = 0; c < in.channels; ++c)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) out.at(c, y, x) = in.at(c, y * in.height / height, x * in.width / width);
  return out;
}

class Network {
 public:
  Network(const RandomModel& model, const Gaps& gaps) : m_(model), n_(model.shape().residualBlocks), gaps_(gaps) {}

  Planes run(const Planes& image) {
    const Planes x = gaps_.cut(image);
    const Planes x2 = sampled(x, x.height / 2, x.width / 2), x4 = sampled(x, x.height / 4, x.width / 4);
    const Planes z2 = shallow("SCM2", x2), z4 = shallow("SCM1", x4);
    Trunk z = start("feat_extract.0.main.0", {x}, "Encoder.0");
    stage(z, "Encoder.0");
    const Planes res1 = z.codes;
    z = start("feat_extract.1.main.0", {res1}, "Encoder.1");
    merge(z, z2, "FAM2", "Encoder.1");
    stage(z, "Encoder.1");
    const Planes res2 = z.codes;
    z = start("feat_extract.2.main.0", {res2}, "Encoder.2");
    merge(z, z4, "FAM1", "Encoder.2");
    stage(z, "Encoder.2");
    const Planes res4 = z.codes;
    const Planes skip2 = fuse("AFFs.1", {sampled(res1, x2.height, x2.width), res2, sampled(res4, x2.height, x2.width)});
    const Planes skip1 = fuse("AFFs.0", {res1, sampled(res2, x.height, x.width), sampled(res4, x.height, x.width)});
    stage(z, "Decoder.0");
    z = start("Convs.0.main.0", {plain("feat_extract.3.main.0", {z.codes}, true), skip2}, "Decoder.1");
    stage(z, "Decoder.1");
    z = start("Convs.1.main.0", {plain("feat_extract.4.main.0", {z.codes}, true), skip1}, "Decoder.2");
    stage(z, "Decoder.2");
    return residual(z.codes);
  }

 private:
  struct Trunk {
    Planes values;
    Planes codes;
  };

  double number(const std::string& name) const { return m_.floats(name)[0]; }

  float multiplier(const std::string& key, int c, double target) const {
    return static_cast<float>(number(key + ".input_scale") * m_.floats(key + ".weight_scale")[c] / target);
  }

  /// Exact sums of one convolution over concatenated sources, from the definition.
  Planes sums(const std::string& key, const std::vector<Planes>& sources) const {
    const auto& shape = m_.tensors().at(key + ".weight").shape;
    const int k = static_cast<int>(shape[2]);
    if (k == 4) return transposedSums(key, sources[0]);
    const int out = static_cast<int>(shape[0]), in = static_cast<int>(shape[1]);
    const int stride = key.rfind("feat_extract.1", 0) == 0 || key.rfind("feat_extract.2", 0) == 0 ? 2 : 1;
    const auto weights = m_.codes(key + ".weight");
    const auto bias = m_.ints(key + ".bias");
    Planes result(out, sources[0].height / stride, sources[0].width / stride);
    for (int o = 0; o < out; ++o)
      for (int y = 0; y < result.height; ++y)
        for (int x = 0; x < result.width; ++x) {
          std::int32_t sum = bias[o];
          int channel = 0;
          for (const Planes& source : sources)
            for (int i = 0; i < source.channels; ++i, ++channel)
              for (int ky = 0; ky < k; ++ky)
                for (int kx = 0; kx < k; ++kx)
                  sum += weights[((o * in + channel) * k + ky) * k + kx] *
                         source.centred(i, y * stride + ky - k / 2, x * stride + kx - k / 2);
          result.at(o, y, x) = sum;
        }
    return result;
  }

  /// Scatters every input pixel over its 4x4 footprint (stride 2, padding 1).
  Planes transposedSums(const std::string& key, const Planes& source) const {
    const auto& shape = m_.tensors().at(key + ".weight").shape;
    const int out = static_cast<int>(shape[1]);
    const auto weights = m_.codes(key + ".weight");
    const auto bias = m_.ints(key + ".bias");
    Planes result(out, source.height * 2, source.width * 2);
    for (int o = 0; o < out; ++o)
      for (int y = 0; y < result.height; ++y)
        for (int x = 0; x < result.width; ++x) result.at(o, y, x) = bias[o];
    for (int i = 0; i < source.channels; ++i)
      for (int o = 0; o < out; ++o)
        for (int y = 0; y < source.height; ++y)
          for (int x = 0; x < source.width; ++x)
            for (int ky = 0; ky < 4; ++ky)
              for (int kx = 0; kx < 4; ++kx) {
                const int oy = 2 * y + ky - 1, ox = 2 * x + kx - 1;
                if (oy < 0 || ox < 0 || oy >= result.height || ox >= result.width) continue;
                result.at(o, oy, ox) += weights[((i * out + o) * 4 + ky) * 4 + kx] * source.centred(i, y, x);
              }
    return result;
  }

  Planes plain(const std::string& key, const std::vector<Planes>& sources, bool relu) const {
    Planes result = sums(key, sources);
    result.scale = number(key + ".output_scale");
    result.zero = m_.ints(key + ".output_zero_point")[0];
    for (int c = 0; c < result.channels; ++c) {
      const float m = multiplier(key, c, result.scale);
      const int low = (relu ? result.zero : -128) - result.zero, high = 127 - result.zero;
      for (int y = 0; y < result.height; ++y)
        for (int x = 0; x < result.width; ++x)
          result.at(c, y, x) = requantise(result.at(c, y, x), m, low, high) + result.zero;
    }
    return gaps_.cut(std::move(result));
  }

  Planes copyOf(const Planes& trunk, const std::string& key, double trunkScale) const {
    Planes codes = trunk;
    codes.scale = number(key + ".output_scale");
    codes.zero = m_.ints(key + ".output_zero_point")[0];
    const float r = static_cast<float>(trunkScale / codes.scale);
    for (auto& v : codes.v) v = requantise(v, r, -128 - codes.zero, 127 - codes.zero) + codes.zero;
    return gaps_.cut(std::move(codes));
  }

  Trunk start(const std::string& key, const std::vector<Planes>& sources, const std::string& stage) const {
    const double scale = number(stage + ".trunk_scale");
    Planes values = sums(key, sources);
    for (int c = 0; c < values.channels; ++c) {
      const float m = multiplier(key, c, scale);
      for (int y = 0; y < values.height; ++y)
        for (int x = 0; x < values.width; ++x) values.at(c, y, x) = requantise(values.at(c, y, x), m, 0, 32767);
    }
    return {values, copyOf(values, key, scale)};
  }

  void addTo(Trunk& z, const std::string& key, const Planes& source, const std::string& stage) const {
    const double scale = number(stage + ".trunk_scale");
    const Planes added = sums(key, {source});
    for (int c = 0; c < added.channels; ++c) {
      const float m = multiplier(key, c, scale);
      for (int y = 0; y < added.height; ++y)
        for (int x = 0; x < added.width; ++x) {
          const int residual = requantise(added.at(c, y, x), m, -65536, 65536);
          z.values.at(c, y, x) = std::clamp(z.values.at(c, y, x) + residual, -32768, 32767);
        }
    }
    z.codes = copyOf(z.values, key, scale);
  }

  void stage(Trunk& z, const std::string& name) const {
    for (int i = 0; i < n_; ++i) {
      const std::string block = name + ".layers." + std::to_string(i) + ".main.";
      addTo(z, block + "1.main.0", plain(block + "0.main.0", {z.codes}, true), name);
    }
  }

  void merge(Trunk& z, const Planes& other, const std::string& module, const std::string& stage) const {
    const std::string key = module + ".merge.main.0";
    Planes product = z.codes;
    product.scale = number(key + ".input_scale");
    product.zero = m_.ints(key + ".input_zero_point")[0];
    const float p = static_cast<float>(z.codes.scale * other.scale / product.scale);
    for (std::size_t i = 0; i < product.v.size(); ++i) {
      const std::int32_t value = (z.codes.v[i] - z.codes.zero) * (other.v[i] - other.zero);
      product.v[i] = requantise(value, p, -128 - product.zero, 127 - product.zero) + product.zero;
    }
    addTo(z, key, product, stage);
  }

  Planes shallow(const std::string& module, const Planes& image) const {
    Planes z = plain(module + ".main.0.main.0", {image}, true);
    z = plain(module + ".main.1.main.0", {z}, true);
    z = plain(module + ".main.2.main.0", {z}, true);
    z = plain(module + ".main.3.main.0", {z}, true);
    return plain(module + ".conv.main.0", {image, z}, false);
  }

  Planes fuse(const std::string& module, const std::vector<Planes>& sources) const {
    return plain(module + ".conv.1.main.0", {plain(module + ".conv.0.main.0", sources, true)}, false);
  }

  Planes residual(const Planes& codes) const {
    const std::string key = "feat_extract.5.main.0";
    Planes result = sums(key, {codes});
    const double scale = number(key + ".output_scale");
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < result.height; ++y)
        for (int x = 0; x < result.width; ++x)
          result.at(c, y, x) = requantise(result.at(c, y, x), multiplier(key, c, scale), -8191, 8191);
    return result;
  }

  const RandomModel& m_;
  int n_;
  const Gaps& gaps_;
};

}  // namespace

std::vector<std::int16_t> referenceResidual(const RandomModel& model, const std::vector<std::uint8_t>& rgb, int width,
                                            int height, const std::vector<std::uint8_t>& valid) {
  Planes image(3, height, width);
  image.scale = static_cast<double>(1.0f / 255.0f);
  image.zero = -128;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) image.at(c, y, x) = rgb[(static_cast<std::size_t>(y) * width + x) * 3 + c] - 128;
  const Planes out = Network(model, Gaps(valid, width, height)).run(image);
  std::vector<std::int16_t> residual(rgb.size());
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        residual[(static_cast<std::size_t>(y) * width + x) * 3 + c] = static_cast<std::int16_t>(out.at(c, y, x));
  return residual;
}

}  // namespace perifocal::checks
