# Builds one target of a release with zig, which brings its own C++ library and every glibc and musl, so that what it
# links needs no libstdc++ and an old glibc only. scripts/binaries/build.mjs names it all by the environment:
#   PERIFOCAL_ZIG         zig's program
#   PERIFOCAL_ZIG_TARGET  such as x86_64-linux-gnu.2.28
if(NOT DEFINED ENV{PERIFOCAL_ZIG} OR NOT DEFINED ENV{PERIFOCAL_ZIG_TARGET})
  message(FATAL_ERROR "PERIFOCAL_ZIG and PERIFOCAL_ZIG_TARGET are not set; run npm run build:binaries")
endif()
string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR $ENV{PERIFOCAL_ZIG_TARGET})
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_CXX_COMPILER $ENV{PERIFOCAL_ZIG} c++)
set(CMAKE_CXX_COMPILER_TARGET $ENV{PERIFOCAL_ZIG_TARGET})
# Whether the compiler can link need not be tried: that would build a second C++ library, in minutes.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# zig would check for undefined behaviour otherwise, and wants a library for it.
set(CMAKE_CXX_FLAGS_INIT "-fno-sanitize=undefined -g0")
find_program(CMAKE_AR NAMES ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu-ar REQUIRED)
find_program(CMAKE_RANLIB NAMES ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu-ranlib REQUIRED)
