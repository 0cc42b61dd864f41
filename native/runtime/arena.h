// One mapping per owner: planned, mapped once, unmapped as a whole.
#pragma once

#include <cstddef>

namespace perifocal {

class Arena {
 public:
  Arena() = default;
  ~Arena() { release(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Maps `bytes` of zeroed memory; false when the system refuses.
  bool map(std::size_t bytes);
  void release();

  /// The next `bytes`, aligned to 64; null when the mapping is used up.
  std::byte* take(std::size_t bytes);

  std::size_t mappedBytes() const { return size_; }
  const std::byte* data() const { return base_; }

 private:
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

inline constexpr std::size_t kArenaAlignment = 64;

/// What `Arena::take(bytes)` consumes.
constexpr std::size_t arenaBytes(std::size_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

}  // namespace perifocal
