// Register shapes of every instruction set, shared by the real register wrappers and their portable emulation.
// Tile shapes follow what production kernels ship and what was measured here; see bench/.
#pragma once

#include <cstdint>

#include "kernels/kernels.h"

namespace perifocal {

/// Activations u8, weights s8, four channels per lane: vpdpbusd on 512-bit registers.
struct Avx512VnniShape {
  using Act = std::uint8_t;
  using Wgt = std::int8_t;
  static constexpr const char* kName = "avx512vnni";
  static constexpr const char* kDescription = "x86 AVX-512 with VNNI: vpdpbusd, 12 pixels x 32 channels";
  static constexpr KernelLayout kLayout{16, 1, 16, 4, 12, 2, 128, 1, false, {2, 12, 32}};
};

/// Two channels per lane in 16 bits: vpmaddwd + vpaddd, exact where vpmaddubsw would saturate.
struct Avx512Shape {
  using Act = std::int16_t;
  using Wgt = std::int16_t;
  static constexpr const char* kName = "avx512";
  static constexpr const char* kDescription = "x86 AVX-512 BW: vpmaddwd on 16-bit lanes, 12 pixels x 32 channels";
  static constexpr KernelLayout kLayout{16, 1, 16, 2, 12, 2, 128, 2, false, {2, 12, 32}};
};

struct AvxVnniShape {
  using Act = std::uint8_t;
  using Wgt = std::int8_t;
  static constexpr const char* kName = "avxvnni";
  static constexpr const char* kDescription = "x86 AVX2 with AVX-VNNI: vpdpbusd, 6 pixels x 16 channels";
  static constexpr KernelLayout kLayout{8, 1, 8, 4, 6, 2, 128, 1, false, {2, 6, 16}};
};

struct Avx2Shape {
  using Act = std::int16_t;
  using Wgt = std::int16_t;
  static constexpr const char* kName = "avx2";
  static constexpr const char* kDescription = "x86 AVX2: vpmaddwd on 16-bit lanes, 4 pixels x 16 channels";
  static constexpr KernelLayout kLayout{8, 1, 8, 2, 4, 2, 128, 2, false, {2, 6, 16}};
};

/// SMMLA: one register holds 2 pixels x 2 channels, eight input channels at a time.
struct NeonI8mmShape {
  using Act = std::int8_t;
  using Wgt = std::int8_t;
  static constexpr const char* kName = "i8mm";
  static constexpr const char* kDescription = "ARM NEON with i8mm: smmla, 8 pixels x 8 channels";
  static constexpr KernelLayout kLayout{4, 2, 2, 8, 8, 4, 0, 1, false};
};

struct NeonDotprodShape {
  using Act = std::int8_t;
  using Wgt = std::int8_t;
  static constexpr const char* kName = "dotprod";
  static constexpr const char* kDescription = "ARM NEON with dot products: sdot, 6 pixels x 16 channels";
  static constexpr KernelLayout kLayout{4, 1, 4, 4, 6, 4, 0, 1, false};
};

/// smull + smlal2 + sadalp: two products share an int16 lane, which |w| <= 127 keeps from overflowing.
struct NeonShape {
  using Act = std::int8_t;
  using Wgt = std::int8_t;
  static constexpr const char* kName = "neon";
  static constexpr const char* kDescription = "ARM NEON: smull/smlal/sadalp, 4 pixels x 16 channels";
  static constexpr KernelLayout kLayout{4, 1, 4, 4, 4, 4, 0, 1, true, {1, 5, 16}};
};

}  // namespace perifocal
