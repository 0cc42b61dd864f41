#include "runtime/code_digest.h"

#include <link.h>

#include <algorithm>

#include "runtime/word_digest.h"

namespace perifocal {

/// Called with every module of the process.
struct SegmentVisitor {
  static bool holdsThisFunction(const dl_phdr_info& module, const ElfW(Phdr) & segment) {
    const std::uintptr_t begin = module.dlpi_addr + segment.p_vaddr;
    const auto here = reinterpret_cast<std::uintptr_t>(&SegmentVisitor::visit);
    return segment.p_type == PT_LOAD && here >= begin && here < begin + segment.p_memsz;
  }

  /// What the loader has relocated and protected counts as constant, too.
  static bool isConstant(const ElfW(Phdr) & segment) {
    return segment.p_type == PT_GNU_RELRO || (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0);
  }

  static int visit(dl_phdr_info* module, std::size_t, void* context) {
    const std::span segments(module->dlpi_phdr, module->dlpi_phnum);
    const bool isOurs =
        std::any_of(segments.begin(), segments.end(), [&](const auto& s) { return holdsThisFunction(*module, s); });
    if (!isOurs) return 0;
    for (const auto& segment : segments) {
      const std::uintptr_t begin = module->dlpi_addr + segment.p_vaddr;
      if (isConstant(segment)) static_cast<CodeDigest*>(context)->addSegment(begin, begin + segment.p_memsz);
    }
    return 1;
  }
};

const CodeDigest& CodeDigest::ofModule() {
  static const CodeDigest digest;
  return digest;
}

CodeDigest::CodeDigest() {
  dl_iterate_phdr(SegmentVisitor::visit, this);
  for (const Piece& piece : pieces_) digests_.push_back(digestOf(piece));
}

void CodeDigest::addSegment(std::uintptr_t begin, std::uintptr_t end) {
  constexpr std::uintptr_t kWord = sizeof(std::uint64_t);
  begin = (begin + kWord - 1) / kWord * kWord;
  for (; begin + kWord <= end; begin += kPieceBytes) {
    const std::uintptr_t bytes = std::min<std::uintptr_t>(kPieceBytes, end - begin);
    pieces_.emplace_back(reinterpret_cast<const std::uint64_t*>(begin), bytes / kWord);
  }
}

/// Reads between constants, too, where sanitizers have put what nobody may read.
__attribute__((no_sanitize("address"))) std::uint64_t CodeDigest::digestOf(Piece piece) {
  WordDigest digest;
  const std::uint64_t* words = piece.data();
  for (std::size_t i = 0; i < piece.size(); ++i) digest.addWord(words[i]);
  return digest.value();
}

}  // namespace perifocal
