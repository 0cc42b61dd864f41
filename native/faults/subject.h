// A small frame through a random network, again and again: what faults are injected into.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "checks/random_model.h"
#include "faults/strike.h"

namespace perifocal::faults {

struct Setting {
  NetworkShape shape{1, 4};
  int width = 16, height = 16;
  bool winograd = true;
  Integrity integrity = Integrity::kChecked;
  int threads = 1;  ///< logical ones: all run on the calling thread
  bool transposed = false;
  int stripRows = 0;  ///< 0: all at once
  bool keepWeights = true;
  std::uint64_t seed = 1;
  /// Changes the network before it is loaded, where one is given.
  void (*prepare)(checks::RandomModel& model) = nullptr;
};

/// "base 16, checked, ...".
std::string nameOf(const Setting& setting);

struct PassResult {
  Status status;
  std::uint64_t digest = 0;  ///< of all residuals and their number
  std::int64_t alarms = 0;
  std::int64_t firings = 0;
};

class Subject {
 public:
  Subject(const Setting& setting, const Kernels& kernels);

  /// Reads and packs the model, and makes a pipeline, as the package does to begin with and after a failure.
  Status load();

  /// Makes the pipeline anew, which forgets all that it keeps; its memory must be whole.
  Status renewPipeline();

  /// The frame from the first row to the last. Whatever strikes are armed happen.
  PassResult pass();

  const Setting& setting() const { return setting_; }
  Victim victim() const { return {model_.get(), pipeline_.get()}; }
  const Model& model() const { return *model_; }

  /// Packed weights, part by part.
  std::vector<std::span<std::byte>> packedWeights() const;

 private:
  Status push(PassResult& result, std::vector<std::int16_t>& residual);

  Setting setting_;
  const Kernels& kernels_;
  checks::RandomModel source_;
  std::vector<std::uint8_t> image_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace perifocal::faults
