// A team with threads of its own, as the runtime lends them to a call.
#pragma once

#include <memory>
#include <string>

#include "runtime/team.h"

namespace perifocal::checks {

class Crew {
 public:
  /// `threads` logical ones, run by `real` ones.
  Crew(int threads, int real) : ticket_(std::make_shared<Workers>(real), real), team_(threads, &ticket_) {
    isEntered_ = ticket_.workers().enter(real).ok();
  }
  explicit Crew(int threads) : Crew(threads, threads) {}
  ~Crew() {
    if (isEntered_) ticket_.workers().leave(ticket_.threads());
  }

  Team& team() { return team_; }
  Ticket& ticket() { return ticket_; }

 private:
  Ticket ticket_;
  Team team_;
  bool isEntered_ = false;
};

/// Calls `body(crew, name)` for 1 to 3 logical threads on every number of real ones.
template <class Body>
void forEveryCrew(Body&& body) {
  for (int threads = 1; threads <= 3; ++threads) {
    for (int real = 1; real <= threads; ++real) {
      Crew crew(threads, real);
      body(crew, std::to_string(threads) + " threads on " + std::to_string(real));
    }
  }
}

}  // namespace perifocal::checks
