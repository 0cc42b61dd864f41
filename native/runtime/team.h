// What a computation is cut for: a number of logical threads, which decides scratch memory and shares of the work, and
// thus everything that a plan states. The threads that really run them may be fewer: no byte depends on it.
#pragma once

#include <algorithm>

#include "runtime/status.h"
#include "runtime/ticket.h"

namespace perifocal {

class Team {
 public:
  using Task = Workers::Task;

  /// Without a ticket, all runs on the calling thread.
  explicit Team(int threads, Ticket* ticket = nullptr) : threads_(threads), ticket_(ticket) {}
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int threads() const { return threads_; }
  /// Null: none.
  Ticket* ticket() const { return ticket_; }

  /// Runs `task(context, t)` once for every logical thread t and returns when all have finished. What one of them
  /// throws is thrown then.
  void run(Task task, void* context);

  /// Whether the call shall end: work that has not begun is left out.
  bool cancelled() const { return ticket_ != nullptr && ticket_->cancelled(); }
  /// kAborted once cancelled: what was computed is incomplete.
  Status status() const;

  /// Gives a team that outlives calls the ticket of one of them.
  class Loan {
   public:
    Loan(Team& team, Ticket& ticket) : team_(team) { team.ticket_ = &ticket; }
    ~Loan() { team_.ticket_ = nullptr; }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

   private:
    Team& team_;
  };

 private:
  const int threads_;
  Ticket* ticket_;
};

}  // namespace perifocal
