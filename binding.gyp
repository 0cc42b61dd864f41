# A second door to the build that CMakeLists.txt defines, for those who need node-gyp. The sources and flags come from
# native/sources.json; an instruction set is a target of its own, since gyp knows flags of targets only.
{
  'variables': {
    'gyp_helper': '<(module_root_dir)/cmake/gyp.cjs',
  },
  'target_defaults': {
    'include_dirs': ['native'],
    'cflags!': ['-fno-exceptions', '-fno-omit-frame-pointer'],
    'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
    # Results are bit-exact, so no fused multiply-add may be contracted behind our back.
    'cflags_cc': ['-std=c++20', '-fPIC', '-fvisibility=hidden', '-ffp-contract=off', '-Wno-maybe-uninitialized',
                  '-Wno-uninitialized'],
  },
  'targets': [
    {
      'target_name': 'core',
      'type': 'static_library',
      'sources': ['<!@(node <(gyp_helper) sources core)'],
    },
    {
      'target_name': 'perifocal',
      'type': 'loadable_module',
      'sources': ['<!@(node <(gyp_helper) sources addon)'],
      'include_dirs': ['<!@(node <(gyp_helper) include)'],
      'defines': ['NAPI_VERSION=8', 'NODE_ADDON_API_CPP_EXCEPTIONS', 'NODE_ADDON_API_CPP_EXCEPTIONS_ALL',
                  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
                  'PERIFOCAL_VERSION="<!(node <(gyp_helper) version)"'],
      'dependencies': ['core'],
      'conditions': [
        ['target_arch == "x64"', {'dependencies': ['avx2', 'avxvnni', 'avx512', 'avx512vnni']}],
        ['target_arch == "arm64"', {'dependencies': ['neon', 'neon_dotprod', 'neon_i8mm']}],
      ],
      'ldflags': ['-static-libstdc++', '-static-libgcc', '-Wl,-s',
                  '-Wl,--version-script=<(module_root_dir)/cmake/exports.map'],
    },
  ],
  'conditions': [
    ['target_arch == "x64"', {
      'targets': [
        {'target_name': 'avx2', 'type': 'static_library',
         'sources': ['<!@(node <(gyp_helper) units x64 avx2)'],
         'cflags_cc': ['<!@(node <(gyp_helper) flags x64 avx2)']},
        {'target_name': 'avxvnni', 'type': 'static_library',
         'sources': ['<!@(node <(gyp_helper) units x64 avxvnni)'],
         'cflags_cc': ['<!@(node <(gyp_helper) flags x64 avxvnni)']},
        {'target_name': 'avx512', 'type': 'static_library',
         'sources': ['<!@(node <(gyp_helper) units x64 avx512)'],
         'cflags_cc': ['<!@(node <(gyp_helper) flags x64 avx512)']},
        {'target_name': 'avx512vnni', 'type': 'static_library',
         'sources': ['<!@(node <(gyp_helper) units x64 avx512vnni)'],
         'cflags_cc': ['<!@(node <(gyp_helper) flags x64 avx512vnni)']},
      ],
    }],
    ['target_arch == "arm64"', {
      'targets': [
        {'target_name': 'neon', 'type': 'static_library',
         'sources': ['<!@(node <(gyp_helper) units arm64 neon)'],
         'cflags_cc': ['<!@(node <(gyp_helper) flags arm64 neon)']},
        {'target_name': 'neon_dotprod', 'type': 'static_library',
         'sources': ['<!@(node <(gyp_helper) units arm64 neon_dotprod)'],
         'cflags_cc': ['<!@(node <(gyp_helper) flags arm64 neon_dotprod)']},
        {'target_name': 'neon_i8mm', 'type': 'static_library',
         'sources': ['<!@(node <(gyp_helper) units arm64 neon_i8mm)'],
         'cflags_cc': ['<!@(node <(gyp_helper) flags arm64 neon_i8mm)']},
      ],
    }],
  ],
}
