#!/bin/bash
# build.sh <build folder of the SDK> <work folder> <C++ compiler> <CMake generator>
# Installs the SDK to its own prefix and builds two plugins with it only: the installed template, whose test is run, and
# the plugin in visitor/. The results are in build/ and visitor-build/ of the work folder. Each plugin must export one
# symbol and need only libraries of the system.
set -euo pipefail
sdk=$1 work=$2
export CXX=$3 CMAKE_GENERATOR=$4
here=$(cd "$(dirname "$0")" && pwd)
fail() {
    echo "sdk_consumer: $*" >&2
    exit 1
}

# build <source folder> <build folder>
build() {
    cmake -S "$1" -B "$2" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Debug >"$work/cmake.log" 2>&1 ||
        fail "$1 is not configured: $(tail -n 20 "$work/cmake.log")"
    cmake --build "$2" >"$work/build.log" 2>&1 || fail "$1 is not built: $(tail -n 40 "$work/build.log")"
}

# check <shared library>
check() {
    local exported needed
    exported=$(nm -D --defined-only "$1" | awk '{print $3}')
    [[ $exported == ezapi_plugin_v1 ]] || fail "expected $1 to export ezapi_plugin_v1 alone, found: $exported"
    needed=$(readelf -d "$1" | grep -oP 'Shared library: \[\K[^]]+' |
        grep -vE '^(libstdc\+\+|libgcc_s|libc|libm|libutf8proc)\.so\.' || true)
    [[ -z $needed ]] || fail "$1 needs more than the system's libraries: $needed"
}

rm -rf "$work"
mkdir -p "$work"
cmake --install "$sdk" --prefix "$work/prefix" >/dev/null
cp -r "$work/prefix/share/ezapi/template" "$work/hello"
build "$work/hello" "$work/build"
check "$work/build/hello.so"
ctest --test-dir "$work/build" --output-on-failure >"$work/test.log" 2>&1 || fail "the template's test: $(cat "$work/test.log")"
grep -q '100% tests passed, 0 tests failed out of 1' "$work/test.log" || fail "the template's test was not run"

build "$here/visitor" "$work/visitor-build"
check "$work/visitor-build/visitor.so"

mkdir "$work/newer"
printf 'cmake_minimum_required(VERSION 3.25)\nproject(newer LANGUAGES CXX)\nfind_package(ezapi_sdk 2.0 REQUIRED)\n' \
    >"$work/newer/CMakeLists.txt"
if cmake -S "$work/newer" -B "$work/newer/build" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/newer.log" 2>&1; then
    fail "an SDK of major 1 was taken for one of major 2"
fi
