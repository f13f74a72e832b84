#!/bin/sh
# Runs the tests of the Python runtime against a runtime, and generated extensions, that are built with AddressSanitizer
# and UndefinedBehaviorSanitizer:
#     scripts/sanitized.sh PYTHON [PYTEST ARGUMENTS]
# The build lies in build/sanitized and stands before the installed one on the path; that one stays as it is.
set -eu

python=$1
shift
cc=${CC:-cc}
folder=build/sanitized
flags="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g -O1"

for library in libasan.so libubsan.so; do
    path=$("$cc" -print-file-name="$library")
    if [ "$path" = "$library" ]; then
        echo "$cc has no $library; on Debian and Ubuntu gcc brings it" >&2
        exit 1
    fi
    preload="${preload:+$preload }$path"
done

export CFLAGS="$flags" LDFLAGS="$flags"
# Anew, so that no object of other flags is taken.
rm -rf "$folder"
"$python" setup.py --quiet build --build-base "$folder" --build-lib "$folder/lib" --build-temp "$folder/temp"

# Python itself gives back little of its memory at the end: leaks are not looked for.
export PYTHONPATH="$folder/lib" ASAN_OPTIONS=detect_leaks=0:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
export VMS_SANITIZE=1 PYTHONMALLOC=malloc
LD_PRELOAD="$preload" "$python" -m pytest -m "not long" \
    tests/unit/runtime tests/unit/machine tests/unit/ram tests/unit/rewind tests/unit/block tests/unit/file \
    tests/migration tests/wire tests/hostile/test_blobs.py "$@"
