#include "testing/allocation_hook.h"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace perifocal::testing {
namespace {

std::atomic<long> count{0}, failing{0};

/// Null where this is the one that fails, or memory is really used up.
void* allocate(std::size_t bytes, std::size_t alignment) {
  if (count.fetch_add(1) + 1 == failing.load()) return nullptr;
  // A multiple of the alignment, and not 0.
  return std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
}

void* allocateOrThrow(std::size_t bytes, std::size_t alignment) {
  void* memory = allocate(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void failAllocation(long n) {
  failing = 0;
  count = 0;
  failing = n;
}

long allocations() { return count; }

}  // namespace perifocal::testing

using perifocal::testing::allocate;
using perifocal::testing::allocateOrThrow;

constexpr std::size_t kDefault = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

void* operator new(std::size_t bytes) { return allocateOrThrow(bytes, kDefault); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocateOrThrow(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, kDefault); }
void* operator new[](std::size_t bytes) { return allocateOrThrow(bytes, kDefault); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, kDefault); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

// The linker is told to call these instead: -Wl,--wrap=mmap.
extern "C" void* __real_mmap(void*, std::size_t, int, int, int, off_t);
extern "C" void* __wrap_mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) {
  using namespace perifocal::testing;
  if (count.fetch_add(1) + 1 != failing.load()) return __real_mmap(address, bytes, protection, flags, file, offset);
  errno = ENOMEM;
  return MAP_FAILED;
}
