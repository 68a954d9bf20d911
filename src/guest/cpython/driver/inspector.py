"""Answers questions about the session for a prompt: is this code complete, what may follow, what is this?

Attributes are looked up statically: no property, `__getattr__` or other code of the user's runs for a completion.
Names and texts are the user's and may be of any length and number: what is too much for an answer is left out.
"""


def _make_inspector(main):
    import ast
    import builtins
    import inspect
    import json
    import keyword
    import os
    import re
    import sys
    import types

    allow_incomplete = 0x4000
    most_items = 2000
    # In characters. Nobody types, or chooses from a list, a longer name.
    longest_name, longest_head, longest_text = 500, 2000, 100_000
    # How much of a line the patterns below are tried on, since they take time that grows with its square.
    longest_line = 2000
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
    missing = object()
    name_chain = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
    key_pattern = re.compile(rf"({name_chain})\[\s*(['\"])([^'\"\\]*)$")
    text_pattern = re.compile(r"(?<![\w'\"])[rbRB]?(['\"])([^'\"\\]*)$")
    from_pattern = re.compile(r"^\s*from\s+([\w.]+)\s+import\s+(?:\(?\s*)(?:[\w]+(?:\s+as\s+\w+)?\s*,\s*)*(\w*)$")
    import_pattern = re.compile(r"^\s*(?:from\s+|import\s+(?:[\w.]+(?:\s+as\s+\w+)?\s*,\s*)*)([\w.]*)$")
    name_pattern = re.compile(r"(?<![\w.])([^\W\d]\w*)$")
    expressions = _make_expressions(main, missing)
    is_class, own_dict, resolve = expressions.is_class, expressions.own_dict, expressions.resolve
    blocks = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While,
              ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)  # fmt: skip

    def is_complete(request):
        code = request["code"]
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | allow_incomplete
        try:
            body = compile(code, "<input>", "exec", flags, True).body
        except SyntaxError as error:
            return {"status": "incomplete" if type(error).__name__ == "_IncompleteInputError" else "invalid"}
        except (ValueError, OverflowError, MemoryError, RecursionError):
            return {"status": "invalid"}
        if body and isinstance(body[-1], blocks) and code.rstrip(" \t").endswith("\n") is False:
            return {"status": "incomplete"}
        return {"status": "complete"}

    def class_names(cls):
        found = set()
        for base in type.__dict__["__mro__"].__get__(cls):
            found.update(type.__dict__["__dict__"].__get__(base))
        return found

    def attribute_names(value):
        found = class_names(type(value))
        if is_class(value):
            found |= class_names(value)
        else:
            found.update(key for key in dict.keys(own_dict(value)) if type(key) is str)
        return found

    def top_modules():
        names = {name for name in sys.stdlib_module_names if not name.startswith("_")}
        names.update(name for name in sys.modules if "." not in name and not name.startswith("_"))
        for folder in sys.path:
            names.update(modules_in(folder or "."))
        return names

    def modules_in(folder):
        try:
            entries = os.listdir(folder)
        except OSError:
            return
        for entry in entries:
            name, dot, ending = entry.partition(".")
            if name.isidentifier() and name != "__init__" and (ending == "py" or (not dot and name != "__pycache__")):
                if dot or os.path.exists(f"{folder}/{entry}/__init__.py"):
                    yield name

    def submodules(package):
        module = sys.modules.get(package)
        paths = module.__dict__.get("__path__", ()) if isinstance(module, types.ModuleType) else ()
        if module is None:
            tail = package.replace(".", "/")
            paths = [f"{folder or '.'}/{tail}" for folder in sys.path]
        names = set()
        if isinstance(paths, (list, tuple)):
            for folder in paths:
                if type(folder) is str:
                    names.update(modules_in(folder))
        return names

    def paths(prefix):
        folder, slash, start = prefix.rpartition("/")
        try:
            entries = list(os.scandir((folder or "/") if slash else "."))
        except OSError:
            return []
        lead = folder + slash
        return [
            f"{lead}{entry.name}" + ("/" if entry.is_dir() else "")
            for entry in entries
            if start.startswith(".") or not entry.name.startswith(".")
        ]

    def candidates(before):
        text = before[-longest_line:]
        line = text.rpartition("\n")[2]
        if match := from_pattern.search(line):
            package, prefix = match.groups()
            module = sys.modules.get(package)
            names = submodules(package)
            if isinstance(module, types.ModuleType):
                names |= {name for name in own_dict(module) if type(name) is str}
            return prefix, names
        if match := import_pattern.search(line):
            prefix = match[1]
            package, dot, _ = prefix.rpartition(".")
            return prefix, ({f"{package}.{name}" for name in submodules(package)} if dot else top_modules())
        if match := key_pattern.search(line):
            chain, quote, prefix = match.groups()
            value = resolve(chain)
            if isinstance(value, dict):
                return prefix, {
                    key + quote + "]" for key in dict.keys(value)
                    if type(key) is str and key.isprintable() and quote not in key and "\\" not in key
                }
        tokens = expressions.tokens_of(text)
        if expressions.is_in_string(tokens):
            match = text_pattern.search(line)
            return (match[2], paths(match[2])) if match else ("", set())
        if place := expressions.attribute_place(tokens, text):
            is_value, found, prefix = place
            if found is missing:
                return prefix, set()
            return prefix, attribute_names(found) if is_value else class_names(found)
        arguments, prefix = expressions.argument_place(tokens, text) or ((), "")
        arguments = {f"{name}=" for name in arguments}
        if match := name_pattern.search(line):
            names = {name for name in main.__dict__ if type(name) is str}
            return match[1], names | builtins.__dict__.keys() | set(keyword.kwlist) | arguments
        return prefix, arguments

    def to_json(answer):
        return encode(answer).encode("utf-8", "backslashreplace")

    def room_of(request):
        # The other members are short.
        return request["maxInspectBytes"] - 10_000

    def within(items, most_bytes):
        """The first items, as far as they go into an answer."""
        kept = []
        for item in items[:most_items]:
            most_bytes -= len(to_json(item)) + 1
            if most_bytes < 0:
                break
            kept.append(item)
        return kept

    def shorten(text, longest):
        return text if len(text) <= longest else text[:longest] + "..."

    def complete(request):
        prefix, names = candidates(request["code"])
        if len(prefix) > longest_name:
            return {"prefix": "", "items": []}
        fitting = [name for name in names if name.startswith(prefix) and len(name) <= longest_name]
        if not prefix.startswith("_"):
            public = [name for name in fitting if not name.startswith("_")]
            fitting = public or fitting
        fitting.sort(key=lambda name: (not name.endswith("="), name.startswith("_"), name.lower(), name))
        return {"prefix": prefix, "items": within(fitting, room_of(request))}

    def describe(request):
        name = request["code"].strip()
        if re.fullmatch(name_chain, name) is None:
            return {}
        value = resolve(name)
        if value is missing:
            value = sys.modules.get(name, missing)
        if value is missing:
            return {}
        head = f"{name}: {type(value).__name__}"
        if is_class(value) or isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType,
                                                 types.MethodDescriptorType, types.WrapperDescriptorType)):  # fmt: skip
            try:
                head = f"{name}{inspect.signature(value)}"
            except Exception:
                head = f"{name}(...)"
        try:
            text = inspect.getdoc(value)
        except Exception:
            text = None
        text = text if isinstance(text, str) else ""
        return {"head": shorten(head, longest_head), "text": shorten(text, longest_text)}

    def short(value):
        kind = type(value)
        if kind in (bool, float, complex, type(None)) or (kind is int and value.bit_length() < 200):
            return repr(value)
        if kind in (str, bytes):
            return repr(value if len(value) <= 40 else value[:37]) + ("" if len(value) <= 40 else "...")
        if kind in (list, tuple, dict, set, frozenset, bytearray):
            return f"{len(value)} item{'' if len(value) == 1 else 's'}"
        return ""

    def variables(request):
        found = []
        for name, value in main.__dict__.items():
            if type(name) is str and not name.startswith("_") and len(name) <= longest_name:
                kind = shorten(type(value).__name__, longest_name)
                found.append({"name": name, "type": kind, "value": short(value)})
        return {"items": within(found, room_of(request))}

    kinds = {"isComplete": is_complete, "complete": complete, "describe": describe, "variables": variables}

    def answer(request):
        return {"inspected": to_json(kinds[request["kind"]](request))}

    return answer
