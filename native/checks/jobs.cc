#include "checks/jobs.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace perifocal::checks {
namespace {

/// What all processes see.
struct Board {
  std::atomic<int> next, passed, failed;
};

void runOne(const Check& check, Board& board) {
  Context context;
  check.body(context);
  (context.failed() ? board.failed : board.passed)++;
  if (context.failed()) std::printf("FAILED %s: %s\n", check.name.c_str(), context.failure().c_str());
  std::fflush(stdout);
}

void takeChecks(const std::vector<Check>& all, Board& board) {
  const int count = static_cast<int>(all.size());
  for (int i = board.next++; i < count; i = board.next++) runOne(all[i], board);
}

/// A process that takes checks; its exit status is that of its sanitizer, or 0.
void startJob(const std::vector<Check>& all, Board& board) {
  const pid_t child = fork();
  if (child == 0) {
    takeChecks(all, board);
    std::exit(0);
  }
  if (child < 0) std::perror("fork");
}

void shareChecks(const std::vector<Check>& all, Board& board, int jobs) {
  for (int job = 0; job < jobs; ++job) startJob(all, board);
  int status = 0;
  while (wait(&status) > 0) {
    if (status == 0) continue;
    std::printf("FAILED: a process ended with status %d\n", status);
    board.failed++;
    // Another takes what it would have taken.
    if (board.next < static_cast<int>(all.size())) startJob(all, board);
  }
}

}  // namespace

Counts runChecks(const std::vector<Check>& all, int jobs) {
  void* shared = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return {0, 1};
  Board& board = *new (shared) Board{};
  std::fflush(stdout);
  if (jobs > 1) shareChecks(all, board, jobs);
  // All of them, or what is left where no process could be started.
  takeChecks(all, board);
  const Counts counts{board.passed, board.failed};
  munmap(shared, sizeof(Board));
  return counts;
}

}  // namespace perifocal::checks
