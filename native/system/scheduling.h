// How the kernel schedules single threads.
#pragma once

#include <optional>
#include <vector>

#include "runtime/status.h"

namespace perifocal {

enum class Policy { kOther, kBatch, kIdle };

/// What is not given stays as it is.
struct SchedulingChange {
  std::optional<Policy> policy;
  std::optional<int> nice;
  std::vector<int> cpus;  ///< processors that the thread may run on; empty: as before
};

struct Scheduling {
  int policy = 0;  ///< the kernel's number
  int nice = 0;
  std::vector<int> cpus;
};

/// @param thread id of a thread; 0: the calling one
Status changeScheduling(int thread, const SchedulingChange& change);
Status readScheduling(int thread, Scheduling& out);

}  // namespace perifocal
