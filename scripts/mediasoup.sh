#!/bin/sh
# Build mediasoup for `fengsui bench media` under bench/mediasoup: the worker of its npm package, with Debian's libraries.
# Version 3.11 asks for the very ones that Debian 12 has; later ones want a libsrtp that is on no registry.
set -eu
cd "$(dirname "$0")/.."
folder=bench/mediasoup
source=$folder/node_modules/mediasoup/worker

missing=
for package in g++ meson ninja-build pkg-config libabsl-dev libsrtp2-dev libssl-dev libusrsctp-dev libuv1-dev \
    nlohmann-json3-dev; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "These packages are missing: apt-get install$missing" >&2
    exit 1
fi

# system NAME VARIABLE LIBRARY[,LIBRARY…] [EMPTY_VARIABLE…]: where the build looks for a subproject, have it find the system's.
system() {
    directory=$source/subprojects/$(sed -n 's/^directory *= *//p' "$source/subprojects/$1.wrap")
    libraries=$(echo "$3" | sed "s/\([^,]*\)/dependency('\1')/g")
    variable=$2
    mkdir -p "$directory"
    for option in build_tests build_benchmarks crypto-library crypto-library-kdf tests sctp_build_programs; do
        echo "option('$option', type: 'string')"
    done >"$directory/meson_options.txt"
    { echo "project('$1', 'cpp')"; echo "$variable = declare_dependency(dependencies: [$libraries])"; } >"$directory/meson.build"
    shift 3
    for empty in "$@"; do echo "$empty = []" >>"$directory/meson.build"; done
}

mkdir -p "$folder"
npm install --prefix "$folder" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --silent mediasoup@3.11.26
system openssl openssl_dep openssl libcrypto_lib libssl_lib
system nlohmann_json nlohmann_json_dep nlohmann_json
system libuv libuv_dep libuv libuv
system libsrtp2 libsrtp2_dep libsrtp2 libsrtp2
system usrsctp usrsctp_dep usrsctp usrsctp
system abseil-cpp absl_container_dep absl_flat_hash_map,absl_flat_hash_set,absl_inlined_vector absl_container_lib
for part in strings types; do
    echo "absl_${part}_dep = dependency('absl_strings')" >>"$source/subprojects/abseil-cpp-20220623.0/meson.build"
done
system catch2 catch2_dep libuv # of its tests, which are not built

sed -i "s/meson_version: *'[^']*'/meson_version: '>= 1.0'/" "$source/meson.build"

echo "building the worker (some minutes)"
rm -rf "$folder/build"
{
    CXXFLAGS="-I$(pkg-config --variable=includedir libsrtp2)/srtp2" meson setup "$folder/build" "$source" --buildtype release -Db_ndebug=true --wrap-mode nodownload
    ninja -C "$folder/build" mediasoup-worker
} >"$folder/build.log" 2>&1 || { tail -20 "$folder/build.log" >&2; exit 1; }
cp "$folder/build/mediasoup-worker" "$folder/mediasoup-worker"
echo "$folder/mediasoup-worker"
