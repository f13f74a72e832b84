from setuptools import find_packages, setup

# What pyproject.toml cannot say: all packages of two source folders beside those that it maps from elsewhere, and the
# runtime's extensions, `vmstate._native` and `vmstate._stream`, which cffi build scripts describe.
setup(
    packages=[
        *find_packages(".", include=["vmsgen", "vmsgen.*"]),
        *find_packages("runtime", include=["vmstate", "vmstate.*"]),
        "vmsgen.templates",
        "vmsgen.templates.c",
        "vmsgen.templates.python",
        "vmstate.include",
        "vmstate.src",
    ],
    # Extensions in the limited API: one wheel serves every Python from 3.11 on.
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
    cffi_modules=[
        "runtime/vmstate/_build_native.py:ffibuilder",
        "runtime/vmstate/_build_stream.py:ffibuilder",
    ],
)
