// A number that tells whether memory is still what it was.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace perifocal {

/// Each step takes different states to different ones, so that one changed word always shows.
class WordDigest {
 public:
  /// Goes on from the value of another one, or from nothing.
  explicit WordDigest(std::uint64_t value = 0) : state_(value) {}

  void add(const void* memory, std::size_t bytes) {
    std::uint64_t word;
    const auto* from = static_cast<const std::byte*>(memory);
    for (; bytes >= sizeof word; bytes -= sizeof word, from += sizeof word) {
      std::memcpy(&word, from, sizeof word);
      addWord(word);
    }
    word = 0;
    std::memcpy(&word, from, bytes);
    addWord(word);
  }

  /// Numbers and pointers, a word each.
  template <class... T>
  void addValues(const T&... values) {
    (addWord(wordOf(values)), ...);
  }

  void addWord(std::uint64_t word) { state_ = std::rotl(state_, 5) + word; }

  std::uint64_t value() const { return state_; }

 private:
  template <class T>
  static std::uint64_t wordOf(const T& value) {
    static_assert(sizeof value <= sizeof(std::uint64_t));
    std::uint64_t word = 0;
    std::memcpy(&word, &value, sizeof value);
    return word;
  }

  std::uint64_t state_;
};

}  // namespace perifocal
