// Counts what this module allocates, and lets one allocation fail: of the heap (operator new) or of an arena (mmap).
#pragma once

namespace perifocal::testing {

/// Begins to count anew. The n-th allocation from now on fails, once; 0: none does.
void failAllocation(long n);
/// Allocations since then, on all threads.
long allocations();

}  // namespace perifocal::testing
