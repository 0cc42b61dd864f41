#include "runtime/arena.h"

#include <sys/mman.h>

namespace perifocal {

bool Arena::map(std::size_t bytes) {
  release();
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  // Rows and weights are walked a few bytes per page at a time: address translation would cost more than the data.
  // Without huge pages all is slower, nothing else.
  madvise(memory, bytes, MADV_HUGEPAGE);
  base_ = static_cast<std::byte*>(memory);
  size_ = bytes;
  return true;
}

void Arena::release() {
  if (base_ != nullptr) munmap(base_, size_);
  base_ = nullptr;
  size_ = used_ = 0;
}

std::byte* Arena::take(std::size_t bytes) {
  const std::size_t need = arenaBytes(bytes);
  if (need > size_ - used_) return nullptr;
  std::byte* memory = base_ + used_;
  used_ += need;
  return memory;
}

}  // namespace perifocal
