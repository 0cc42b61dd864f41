#include "runtime/team.h"

namespace perifocal {
namespace {

/// Logical threads in turn on fewer real ones.
struct Turns {
  Team::Task task;
  void* context;
  int threads, real;

  static void take(void* self, int first) {
    const auto& [task, context, threads, real] = *static_cast<Turns*>(self);
    for (int thread = first; thread < threads; thread += real) task(context, thread);
  }
};

}  // namespace

void Team::run(Task task, void* context) {
  if (threads_ == 1) return task(context, 0);
  Turns turns{task, context, threads_, ticket_ == nullptr ? 1 : std::min(threads_, ticket_->threads())};
  if (turns.real == 1) return Turns::take(&turns, 0);
  if (turns.real == threads_) return ticket_->workers().run(threads_, task, context);
  ticket_->workers().run(turns.real, Turns::take, &turns);
}

Status Team::status() const {
  if (!cancelled()) return {};
  return {StatusCode::kAborted, "the call was cancelled"};
}

}  // namespace perifocal
