// Threads, memory and dispatch.
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <new>

#include "checks/check.h"
#include "checks/crew.h"
#include "isa/registry.h"
#include "runtime/arena.h"
#include "runtime/parallel.h"

namespace perifocal::checks {
namespace {

struct Counts {
  std::array<std::int64_t, 3> ofThread{};

  static void add(void* self, int thread) { ++static_cast<Counts*>(self)->ofThread[thread]; }
};

void checkTeam(Context& context) {
  constexpr int kTasks = 20000;
  forEveryCrew([&](Crew& crew, const std::string& name) {
    Counts counts;
    for (int i = 0; i < kTasks; ++i) crew.team().run(Counts::add, &counts);
    for (int t = 0; t < 3; ++t) {
      const int expected = t < crew.team().threads() ? kTasks : 0;
      context.expect(counts.ofThread[t] == expected, name + ": thread " + std::to_string(t) + " ran another number");
    }
    Workers& workers = crew.ticket().workers();
    context.expect(workers.busy() == 1, name + ": the caller alone should be busy");
    context.expect(workers.mostBusy() <= workers.threads(), name + ": more threads were busy than there are");
  });
}

void checkForEach(Context& context) {
  forEveryCrew([&](Crew& crew, const std::string& name) {
    for (int atOnce : {1, 7, 16}) {
      std::vector<int> visits(1000);
      forEach(crew.team(), 1000, [&](int item, int) { ++visits[item]; }, atOnce);
      const bool once = std::all_of(visits.begin(), visits.end(), [](int count) { return count == 1; });
      context.expect(once, name + ": an item was left out or came twice");
    }
  });
}

void checkCancel(Context& context) {
  forEveryCrew([&](Crew& crew, const std::string& name) {
    std::atomic<int> visited{0};
    forEach(crew.team(), 100000, [&](int, int) {
      if (++visited == 50) crew.ticket().cancel();
    });
    context.expect(visited < 100 && crew.team().status().code() == StatusCode::kAborted, name + ": goes on");
    forEach(crew.team(), 10, [&](int, int) { visited = 1000; });
    context.expect(visited < 100, name + ": begins again");
  });
}

/// Whichever thread fails: all have ended when the caller hears of it, and the threads can be used again.
void checkExceptions(Context& context) {
  forEveryCrew([&](Crew& crew, const std::string& name) {
    for (int failing = 0; failing < 100; ++failing) {
      std::atomic<int> under{0};
      StatusCode code = StatusCode::kOk;
      try {
        forEach(crew.team(), 100, [&](int item, int) {
          ++under;
          if (item == failing) {
            --under;
            throw std::bad_alloc();
          }
          --under;
        });
      } catch (...) {
        code = statusOfException().code();
      }
      context.expect(code == StatusCode::kOutOfMemory, name + ": an exception was lost");
      context.expect(under == 0, name + ": a thread was still at work");
    }
    Counts counts;
    crew.team().run(Counts::add, &counts);
    context.expect(counts.ofThread[0] == 1, name + ": cannot be used any more");
  });
}

void checkEntering(Context& context) {
  Workers workers(2);
  context.expect(workers.enter(1).ok() && workers.enter(1).ok(), "two calls of one thread are refused");
  context.expect(workers.busy() == 2, "two calls are not two busy threads");
  context.expect(workers.enter(1).code() == StatusCode::kInternal, "three threads are granted by a pool of two");
  workers.leave(1);
  context.expect(workers.enter(2).code() == StatusCode::kInternal, "three threads are granted at once");
  workers.leave(1);
  context.expect(workers.enter(2).ok(), "the whole pool is refused to one call");
  workers.close();
  context.expect(workers.enter(1).code() == StatusCode::kState, "a closed pool is entered");
  Counts counts;
  workers.run(2, Counts::add, &counts);
  context.expect(counts.ofThread[1] == 1, "a pool that is closed leaves the call under way without threads");
  workers.leave(2);
  context.expect(workers.busy() == 0 && workers.mostBusy() == 2, "busy threads are miscounted");
}

void checkArena(Context& context) {
  Arena arena;
  context.expect(arena.map(4096) && arena.mappedBytes() == 4096, "cannot map");
  std::byte* first = arena.take(1);
  std::byte* second = arena.take(64);
  context.expect(second - first == 64, "blocks are not aligned to 64 bytes");
  context.expect(arena.take(4096) == nullptr, "more was handed out than is mapped");
  arena.release();
  context.expect(arena.mappedBytes() == 0, "not released");
}

void checkRegistry(Context& context) {
  context.expect(registeredIsas().back().kernels->name == std::string("scalar"), "scalar is not last");
  context.expect(registeredIsas().back().supported, "scalar is not supported");
  context.expect(findIsa("mmx") == nullptr, "an unknown name was found");
  for (const RegisteredIsa& isa : registeredIsas()) {
    context.expect(findIsa(isa.kernels->name) == &isa, "a name does not find its entry");
  }
}

}  // namespace

std::vector<Check> runtimeChecks() {
  return {{"a team runs every thread once per task", checkTeam},
          {"a team visits every item once", checkForEach},
          {"a cancelled team leaves out what has not begun", checkCancel},
          {"a team outlives exceptions of its threads", checkExceptions},
          {"a pool grants no more threads than it has", checkEntering},
          {"the arena hands out what it mapped", checkArena},
          {"instruction sets are found by name", checkRegistry}};
}

}  // namespace perifocal::checks
