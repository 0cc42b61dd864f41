// Independent items of work, shared out to the threads of a team.
#pragma once

#include <algorithm>
#include <atomic>

#include "runtime/team.h"

namespace perifocal {

/// Runs `body(item, thread)` for every item, `atOnce` of them in a thread's turn; what a body computes must depend on
/// its item alone. Once the team is cancelled the items that are left are skipped.
template <class Body>
void forEach(Team& team, int items, Body&& body, int atOnce = 1) {
  struct Work {
    const Team& team;
    Body& body;
    int items, atOnce;
    std::atomic<int> next{0};
  } work{team, body, items, atOnce};
  const auto task = [](void* context, int thread) {
    auto& w = *static_cast<Work*>(context);
    for (int first; (first = w.next.fetch_add(w.atOnce, std::memory_order_relaxed)) < w.items;) {
      for (int item = first; item < std::min(first + w.atOnce, w.items); ++item) {
        if (w.team.cancelled()) return;
        w.body(item, thread);
      }
    }
  };
  team.run(task, &work);
}

/// Rows are short: many of them are taken at once.
inline constexpr int kRowsAtOnce = 16;

template <class Body>
void forEachRow(Team& team, int rows, Body&& body) {
  forEach(team, rows, body, kRowsAtOnce);
}

}  // namespace perifocal
