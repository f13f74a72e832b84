"""The hooks that a description declares, and their names."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostics, Related, Span
from vmsgen.model.description import Hook
from vmsgen.passes.names import duplicate, refuse_underscores
from vmsgen.passes.place import Gathered
from vmsgen.syntax import tree

HOOKS = ("pre_load", "post_load", "pre_save", "post_save")
DEVICE_HOOKS = ("load_state_old", "dev_unplug_pending")


class Hooks:
    """Of one description; `kind` is "device" or "struct". `spans` has the methods found so far, and where."""

    def __init__(self, kind: str, gathered: Gathered, diagnostics: Diagnostics) -> None:
        self.kind = kind
        self.gathered = gathered
        self.diagnostics = diagnostics
        self.spans: list[tuple[str, Span]] = []

    def gather_codecs(self, items: tuple[tree.Item, ...]) -> None:
        """`get_name` and `put_name`, wherever in the description they are declared."""
        for item in items:
            if isinstance(item, tree.SubsectionItem):
                self.gather_codecs(item.items)
            elif isinstance(item, tree.HookItem):
                codecs = {hook.kind: hook for hook in item.hooks if hook.kind.startswith(("get_", "put_"))}
                self.gathered.codec_hooks.update(codecs)

    def refuse_idle_codecs(self) -> None:
        for kind, written in self.gathered.codec_hooks.items():
            message = f"`{kind}` has nothing to do: no `custom` field is called `{kind[4:]}`"
            self.diagnostics.error("unknown-hook", message, written.span)

    def declared(self, items: tuple[tree.Item, ...], subsection: str) -> tuple[Hook, ...]:
        """Those directly among the items; `subsection` is the one whose items they are, or empty."""
        hooks: dict[str, tuple[Hook, tree.Hook]] = {}
        for written in (hook for item in items if isinstance(item, tree.HookItem) for hook in item.hooks):
            kind = written.kind
            if kind in hooks:
                duplicate(kind, written.span, hooks[kind][1].span, self.diagnostics)
            elif kind in HOOKS:
                method = written.method or (f"{subsection}_{kind}" if subsection else kind)
                hooks[kind] = Hook(kind, method), written
                self.spans.append((method, written.span))
            elif kind in DEVICE_HOOKS and not subsection and self.kind == "device":
                hooks[kind] = Hook(kind, written.method or kind), written
                self.spans.append((written.method or kind, written.span))
            elif kind.startswith(("get_", "put_")):
                continue
            else:
                message = f"there is no hook `{kind}`"
                hint = f"the hooks are {', '.join(HOOKS)}; a predicate is named where it is asked: `when hook {kind}`"
                self.diagnostics.error("unknown-hook", message, written.span, hint=hint)
        return tuple(hook for hook, _ in hooks.values())

    def refuse_names(self) -> None:
        """A hook is a method beside the fields' attributes: no two hooks, and no hook and field, share a name."""
        taken = dict(self.gathered.names)
        for method, span in [*self.spans, *self.gathered.inner_hook_spans, *self.gathered.predicates.items()]:
            refuse_underscores(method, span, self.diagnostics)
            if method in taken:
                message = f"`{method}` is the name of a hook and of something else"
                related = (Related(taken[method], "the other one"),)
                hint = "rename the hook: `hook pre_save as my_name`"
                if (method, span) not in self.spans:
                    hint = "rename the hook that is asked"
                self.diagnostics.error("hook-name", message, span, hint=hint, related=related)
            else:
                taken[method] = span
