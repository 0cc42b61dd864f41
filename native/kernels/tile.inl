// Sizes of a register tile. Included like convolve.inl.

template <class Isa>
struct Tile {
  static constexpr KernelLayout L = Isa::Shape::kLayout;
  static constexpr int kGroups = L.tilePixels / L.groupPixels;
  static constexpr int kRowChannels = L.tileVectors * L.vectorChannels;
  static constexpr int kSums = L.tilePixels * kRowChannels;
  static constexpr int kVectorWeights = L.vectorChannels * L.depth;
};
