"""What schema names are called in C and Python, where some are taken."""

from __future__ import annotations

import keyword
import re

C_RESERVED = frozenset(
    """auto bool break case char const continue default do double else enum extern false float for goto if inline int
    long register restrict return short signed sizeof static struct switch true typedef union unsigned void volatile
    while asm typeof offsetof WINAPI
    uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t size_t
    NULL errno stdin stdout stderr assert
    alignas alignof constexpr nullptr static_assert thread_local typeof_unqual linux unix i386 complex I""".split()
)
CPP_RESERVED = frozenset(
    """and and_eq bitand bitor catch class compl concept const_cast co_await co_return co_yield decltype delete
    dynamic_cast explicit export friend mutable namespace new noexcept not not_eq operator or or_eq private protected
    public reinterpret_cast requires static_cast template this throw try typeid typename using virtual wchar_t xor
    xor_eq""".split()
)
API_RESERVED = frozenset(
    """save save_into describe restore load dumps loads size_max present as_dict update cdata copy init vms_present
    state_size minimum_version versions wire_name opaque fields None True False self cls
    priority unmigratable early_setup is_opaque needed dev_unplug_pending
    pre_load post_load pre_save post_save""".split()
)
RESERVED = C_RESERVED | CPP_RESERVED | API_RESERVED | frozenset(keyword.kwlist) | {"mro"}
MODULE_RESERVED = frozenset({"Device", "Reader", "Struct", "Writer", "enum", "ffi", "lib"})
HOOKS = frozenset({"pre_load", "post_load", "pre_save", "post_save", "dev_unplug_pending"})

_KEYWORD_LIKE = re.compile("_[A-Z].*")
"""`_Bool`, `_Static_assert`: C keeps all of these."""

_RUNTIME = re.compile("(vms|python)(_.*)?")
"""The runtime's own functions and types, and those of the binding."""

_STRUCTS = frozenset(
    """drand48_data itimerspec itimerval obstack random_data sched_param sigaction sigevent sigstack sigval stat stat64
    statx statx_timestamp timespec timeval timex timezone tm wrapperbase""".split()
)
_FAMILIES = re.compile("(Py[A-Z_]|pthread_).*|pthread")
"""Structs, and families of functions, of the headers that vms.h brings along, and a binding's Python.h."""

_LIMITS = re.compile(r"(U?INT(_LEAST|_FAST)?\d*|U?INTMAX|U?INTPTR|SIZE|PTRDIFF|SIG_ATOMIC|WCHAR|WINT|RAND)_(MIN|MAX|C)")
_STANDARD_MACROS = frozenset(
    """EXIT_SUCCESS EXIT_FAILURE MB_CUR_MAX SIZE_MAX
    BIG_ENDIAN LITTLE_ENDIAN PDP_ENDIAN BYTE_ORDER FD_SETSIZE NFDBITS
    WCONTINUED WEXITED WNOHANG WNOWAIT WSTOPPED WUNTRACED
    BUFSIZ EOF SEEK_CUR SEEK_END SEEK_SET st_atime st_ctime st_mtime""".split()
)
"""What vms.h brings along, and what a binding's Python.h does that a device might call something."""


def is_macro(name: str) -> bool:
    """Whether a header that generated C includes makes something else of the name."""
    return name in _STANDARD_MACROS or bool(_LIMITS.fullmatch(name)) or name.startswith("VMS_")


def is_reserved(name: str) -> bool:
    """Whether C, Python or the generated API has a meaning for the name, macros of headers aside."""
    return name in RESERVED or bool(_KEYWORD_LIKE.fullmatch(name))


def _is_taken(name: str) -> bool:
    return is_reserved(name) or is_macro(name)


def member_name(name: str, own: bool = True) -> str:
    """A member's name in C and in Python: with a trailing `_` where any of the two or the generated API reserves it.

    In a struct that is not our `own` C alone has a say.
    """
    if not own:
        reserved = name in C_RESERVED or bool(_KEYWORD_LIKE.fullmatch(name)) or is_macro(name)
        return name + "_" if reserved else name
    return name + "_" if _is_taken(name) else name


def hook_name(method: str) -> str:
    """A hook's name in the C table and as a Python method."""
    return method if method in HOOKS else member_name(method)


def index_names(indices: int) -> tuple[str, ...]:
    """The parameters of a hook that is called for one element of an array: one for each dimension."""
    return ("index",) if indices == 1 else tuple(f"index{number}" for number in range(indices))


def class_name(name: str) -> str:
    """`pckbd` is class `Pckbd`, `ide_drive` is `IdeDrive`, `IDEState` stays."""
    camel = "".join(part[:1].upper() + part[1:] for part in re.split("_+", name) if part)
    if not camel or camel[0].isdigit():
        camel = "_" + camel
    return camel + "_" if camel in MODULE_RESERVED or keyword.iskeyword(camel) else camel


def c_struct(name: str) -> str:
    """The tag of the C struct, and the stem of its functions."""
    taken = _is_taken(name) or name in _STRUCTS or _RUNTIME.fullmatch(name) or _FAMILIES.fullmatch(name)
    return name + "_" if taken else name


def macro_name(name: str) -> str:
    """A constant's name as a C macro."""
    return name + "_" if _is_taken(name) else name
