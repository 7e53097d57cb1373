#!/bin/bash
# build.sh <build folder of the SDK> <work folder> <C++ compiler> <CMake generator>
# Installs the SDK to a prefix of its own and builds the installed template with nothing else at hand: build/hello.so
# in the work folder. It must export one symbol and need nothing but the system's own libraries.
set -euo pipefail
sdk=$1 work=$2
export CXX=$3 CMAKE_GENERATOR=$4
fail() {
    echo "sdk_consumer: $*" >&2
    exit 1
}

rm -rf "$work"
mkdir -p "$work"
cmake --install "$sdk" --prefix "$work/prefix" >/dev/null
cp -r "$work/prefix/share/ezapi/template" "$work/hello"
cmake -S "$work/hello" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Debug >"$work/cmake.log" 2>&1 ||
    fail "the template is not configured: $(tail -n 20 "$work/cmake.log")"
cmake --build "$work/build" >"$work/build.log" 2>&1 || fail "the template is not built: $(tail -n 40 "$work/build.log")"

exported=$(nm -D --defined-only "$work/build/hello.so" | awk '{print $3}')
[[ $exported == ezapi_plugin_v1 ]] || fail "expected hello.so to export ezapi_plugin_v1 alone, found: $exported"

needed=$(readelf -d "$work/build/hello.so" | grep -oP 'Shared library: \[\K[^]]+' |
    grep -vE '^(libstdc\+\+|libgcc_s|libc|libm)\.so\.' || true)
[[ -z $needed ]] || fail "hello.so needs more than the system's libraries: $needed"

mkdir "$work/newer"
printf 'cmake_minimum_required(VERSION 3.25)\nproject(newer LANGUAGES CXX)\nfind_package(ezapi_sdk 2.0 REQUIRED)\n' \
    >"$work/newer/CMakeLists.txt"
if cmake -S "$work/newer" -B "$work/newer/build" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/newer.log" 2>&1; then
    fail "an SDK of major 1 was taken for one of major 2"
fi
