// What a codelet is declared with: it must become part of its loop, whatever the compiler thinks of its size.
#pragma once

#define PERIFOCAL_INLINE inline __attribute__((always_inline))
#define PERIFOCAL_INLINE_LAMBDA __attribute__((always_inline))
