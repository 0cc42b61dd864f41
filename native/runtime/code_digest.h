// Whether the code of this module is still what was loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace perifocal {

/// Digests of the module's segments that nothing writes to once it is loaded: instructions, constants, tables of
/// pointers. Made once, when first asked for, in pieces that are compared one by one.
class CodeDigest {
 public:
  /// Bytes of a piece.
  static constexpr std::size_t kPieceBytes = 4096;

  static const CodeDigest& ofModule();

  int pieces() const { return static_cast<int>(digests_.size()); }

  /// Whether a piece is what it was.
  bool holds(int piece) const { return digestOf(pieces_[piece]) == digests_[piece]; }

 private:
  using Piece = std::span<const std::uint64_t>;

  CodeDigest();
  void addSegment(std::uintptr_t begin, std::uintptr_t end);
  static std::uint64_t digestOf(Piece piece);

  friend struct SegmentVisitor;
  std::vector<Piece> pieces_;
  std::vector<std::uint64_t> digests_;
};

}  // namespace perifocal
