#include "system/scheduling.h"

#include <sched.h>
#include <sys/resource.h>

#include <cerrno>

namespace perifocal {
namespace {

constexpr int numberOf(Policy policy) {
  switch (policy) {
    case Policy::kOther: return SCHED_OTHER;
    case Policy::kBatch: return SCHED_BATCH;
    case Policy::kIdle: return SCHED_IDLE;
  }
  return SCHED_OTHER;
}

Status changeCpus(int thread, const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) return systemFailure("sched_setaffinity", EINVAL);
    CPU_SET(cpu, &set);
  }
  if (sched_setaffinity(thread, sizeof set, &set) != 0) return systemFailure("sched_setaffinity", errno);
  return {};
}

}  // namespace

Status changeScheduling(int thread, const SchedulingChange& change) {
  // The nice value first: a thread of policy `idle` would need a privilege to leave it again.
  if (change.nice && setpriority(PRIO_PROCESS, thread, *change.nice) != 0) return systemFailure("setpriority", errno);
  if (!change.cpus.empty()) {
    const Status status = changeCpus(thread, change.cpus);
    if (!status.ok()) return status;
  }
  const sched_param none{};
  if (change.policy && sched_setscheduler(thread, numberOf(*change.policy), &none) != 0) {
    return systemFailure("sched_setscheduler", errno);
  }
  return {};
}

Status readScheduling(int thread, Scheduling& out) {
  out.policy = sched_getscheduler(thread);
  if (out.policy < 0) return systemFailure("sched_getscheduler", errno);
  errno = 0;
  out.nice = getpriority(PRIO_PROCESS, thread);
  if (errno != 0) return systemFailure("getpriority", errno);
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(thread, sizeof set, &set) != 0) return systemFailure("sched_getaffinity", errno);
  out.cpus.clear();
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) out.cpus.push_back(cpu);
  }
  return {};
}

}  // namespace perifocal
