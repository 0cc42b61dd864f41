#include "runtime/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <array>
#include <cstdint>
#include <cstring>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace perifocal {
namespace {

#if defined(__x86_64__)

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

/// Register state that the operating system saves (XCR0).
std::uint64_t enabledState() {
  unsigned low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<std::uint64_t>(high) << 32 | low;
}

bool bit(unsigned word, int index) { return (word >> index & 1) != 0; }

CpuFeatures detect() {
  CpuFeatures f;
  constexpr int kFma = 12, kOsxsave = 27;
  const Registers leaf1 = cpuid(1, 0);
  if (!bit(leaf1.ecx, kOsxsave)) return f;
  const std::uint64_t state = enabledState();
  constexpr std::uint64_t kYmm = 0x6, kZmm = 0xe6;
  const Registers leaf7 = cpuid(7, 0), leaf7b = cpuid(7, 1);
  const bool ymm = (state & kYmm) == kYmm, zmm = (state & kZmm) == kZmm;
  f.avx2 = ymm && bit(leaf1.ecx, kFma) && bit(leaf7.ebx, 5);
  f.avxVnni = f.avx2 && bit(leaf7b.eax, 4);
  f.avx512 = zmm && bit(leaf7.ebx, 16) && bit(leaf7.ebx, 17) && bit(leaf7.ebx, 30) && bit(leaf7.ebx, 31);
  f.avx512Vnni = f.avx512 && bit(leaf7.ecx, 11);
  return f;
}

std::string detectName() {
  std::array<unsigned, 13> words{};
  if (cpuid(0x80000000u, 0).eax < 0x80000004u) return "x86-64";
  for (unsigned i = 0; i < 3; ++i) {
    const Registers r = cpuid(0x80000002u + i, 0);
    const unsigned part[4] = {r.eax, r.ebx, r.ecx, r.edx};
    std::memcpy(&words[i * 4], part, sizeof part);
  }
  return reinterpret_cast<const char*>(words.data());
}

#elif defined(__aarch64__)

CpuFeatures detect() {
  CpuFeatures f;
  constexpr unsigned long kAsimdDp = 1ul << 20, kI8mm = 1ul << 13;
  f.dotprod = (getauxval(AT_HWCAP) & kAsimdDp) != 0;
  f.i8mm = (getauxval(AT_HWCAP2) & kI8mm) != 0;
  return f;
}

std::string detectName() { return "aarch64"; }

#endif

}  // namespace

const CpuFeatures& cpuFeatures() {
  static const CpuFeatures features = detect();
  return features;
}

std::string cpuName() { return detectName(); }

}  // namespace perifocal
