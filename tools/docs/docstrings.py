"""Docstrings as Markdown, for the pages of the API.

The package's docstrings have the sections of numpydoc, but say in one sentence what a parameter is and what it does,
which a table of names and types would tear apart. So sections become lists of definitions, doctests become blocks of
code, and references become links where there is a page to link to.
"""

import inspect
import re

import griffe

TARGETS = {}  # public name -> the path under which its page is found; `pages.py` fills it

_ROLE = re.compile(r":(?:class|func|meth|mod|attr|data|exc):`([^`]+)`")
_ENTRY = re.compile(r"(\S(?:.*?\S)?) : (.*)")


def markdown(text, linked=lambda name: None):
    """The Markdown of a docstring; `linked(name)` is the path that a reference leads to, or None."""

    def reference(match):
        name = match[1].lstrip(".~")
        shown = f"`{name}`"
        return f"[{shown}][{target}]" if (target := linked(name)) else shown

    lines = _ROLE.sub(reference, text).splitlines()
    made, i = [], 0
    while i < len(lines):
        line = lines[i]
        if line.startswith(">>>"):
            end = next((j for j in range(i, len(lines)) if not lines[j].strip()), len(lines))
            made += ["", "```pycon", *lines[i:end], "```", ""]
            i = end
        elif i + 1 < len(lines) and line and re.fullmatch("-{3,}", lines[i + 1]):
            end = next((j for j in range(i + 2, len(lines)) if _ends(lines, j)), len(lines))
            made += ["", f"**{line}**", "", *_definitions(lines[i + 2 : end]), ""]
            i = end
        else:
            made.append(line)
            i += 1
    return "\n".join(made)


def _ends(lines, j):
    """Whether a section is over at line j: with a blank line that nothing indented follows."""
    return not lines[j].strip() and not (j + 1 < len(lines) and lines[j + 1].startswith(" "))


def _definitions(lines):
    entries = []
    for line in lines:
        if entries and (line.startswith(" ") or not _ENTRY.fullmatch(line)):
            entries[-1].append(line.strip())
        elif line.strip():
            entries.append([line])
    for first, *more in entries:
        found = _ENTRY.fullmatch(first)
        said = found[2] if found else first
        if more and more[0][:1].isupper() and said[-1:] not in ".:;,":
            said += "."
        words = " ".join([said, *more])
        if found:
            names = found[1] if "`" in found[1] else ", ".join(f"`{name}`" for name in found[1].split(", "))
            yield from (names, f":   {words}", "")
        else:
            yield from (words, "")


class Docstrings(griffe.Extension):
    """Rewrites each docstring, and gives each metric the one signature that all of them have."""

    def on_instance(self, *, obj, **_):
        if obj.is_alias or obj.docstring is None:
            return

        def linked(name):
            near = (f"{obj.path}.{name}", f"{obj.parent.path}.{name}") if obj.parent else ()
            if found := next((path for path in near if path in TARGETS.values()), None) or TARGETS.get(name):
                return found
            head, _, last = name.rpartition(".")
            return TARGETS.get(last) if not head or head.startswith("memgen_lite") else None

        obj.docstring.value = markdown(obj.docstring.value, linked)

    def on_module_members(self, *, mod, **_):
        mod.exports = mod.exports and [name for name in mod.exports if isinstance(name, str)]  # `*METRICS` is none yet

    def on_function(self, *, func, **_):
        if any(decorator.callable_path.endswith("registry.metric") for decorator in func.decorators):
            import memgen_lite as mg

            shown = inspect.signature(mg.metrics.get(func.name).function).parameters.values()
            func.parameters = griffe.Parameters(*map(_parameter, shown))


def _parameter(p):
    default = None if p.default is p.empty else repr(p.default)
    return griffe.Parameter(p.name, kind=griffe.ParameterKind[p.kind.name.lower()], default=default)
