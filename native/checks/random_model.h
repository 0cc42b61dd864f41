// A random network in the file's own terms, for checks.
#pragma once

#include <string>
#include <vector>

#include "network/model.h"

namespace perifocal::checks {

/// Owns the bytes that its tensors point to.
class RandomModel {
 public:
  /// Signals neither die nor saturate on natural input; signed tensors get odd zero points.
  RandomModel(const NetworkShape& shape, std::uint64_t seed);

  const NetworkShape& shape() const { return shape_; }
  const FileTensors& tensors() const { return tensors_; }
  FileTensors& tensors() { return tensors_; }

  /// Gives every output channel of a layer this bias.
  void setBias(const std::string& key, std::int32_t bias);

  /// Takes all weights of one input channel of a convolution away.
  void blind(const std::string& key, int input);

  /// Makes the weights of one input channel cancel over the columns of every 3x3 kernel, in every output channel.
  void cancel(int input);

  std::vector<std::int32_t> ints(const std::string& name) const;
  std::vector<float> floats(const std::string& name) const;
  std::vector<std::int8_t> codes(const std::string& name) const;

 private:
  template <class T>
  void put(const std::string& name, FileTensor::Type type, std::vector<std::int64_t> shape,
           const std::vector<T>& values);

  NetworkShape shape_;
  FileTensors tensors_;
  std::vector<std::vector<std::byte>> storage_;
};

}  // namespace perifocal::checks
