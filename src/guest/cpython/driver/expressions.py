"""What the text before the cursor says of values by itself: the type of a literal or of a call whose answer is known,
the value behind names, and which arguments a call takes by name.

Nothing of the user's is run for it: attributes are looked up statically, and only what the interpreter itself
guarantees is taken for known. Where that does not tell, the answer is `missing`.
"""


def _make_expressions(main, missing):
    import ast
    import builtins
    import functools
    import inspect
    import io
    import keyword
    import re
    import types

    # Strings that are not closed are no strings; a quote by itself then stands where one begins.
    token_pattern = re.compile(
        r"(?P<string>\b[rbuftRBUFT]{0,2}(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
        r"|(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"))"
        r"|(?P<number>(?:0[xXbBoO]\w+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?[jJ]?))"
        r"|(?P<name>[^\W\d]\w*)|(?P<gap>\s+|\#[^\n]*)|(?P<mark>.)",
        re.DOTALL,
    )
    openers = {")": "(", "]": "[", "}": "{"}
    template = getattr(ast, "TemplateStr", ())
    displays = (
        ((ast.List, ast.ListComp), list), (ast.Tuple, tuple), ((ast.Dict, ast.DictComp), dict),
        ((ast.Set, ast.SetComp), set), (ast.JoinedStr, str), (ast.GeneratorExp, types.GeneratorType),
        (ast.Lambda, types.FunctionType),
    )  # fmt: skip
    mro, members = type.__dict__["__mro__"].__get__, type.__dict__["__dict__"].__get__

    def is_class(value):
        return type in mro(type(value))

    def class_member(cls, name):
        for base in mro(cls):
            found = members(base).get(name, missing)
            if found is not missing:
                return found
        return missing

    # What built-in functions and methods give, whatever they are called with.
    text_methods = {
        "=": "capitalize center expandtabs join ljust lower lstrip removeprefix removesuffix replace rjust rstrip "
             "strip swapcase title translate upper zfill",
        list: "split rsplit splitlines",
        tuple: "partition rpartition",
        int: "count find index rfind rindex",
        bool: "endswith isalnum isalpha isascii isdigit islower isspace istitle isupper startswith",
    }  # fmt: skip
    methods = {
        str: {
            **text_methods,
            "=": text_methods["="] + " casefold format format_map",
            bytes: "encode",
            bool: text_methods[bool] + " isdecimal isidentifier isnumeric isprintable",
        },
        bytes: {**text_methods, str: "decode hex"},
        bytearray: {**text_methods, "=": text_methods["="] + " copy", str: "decode hex"},
        list: {"=": "copy", int: "count index"},
        tuple: {int: "count index"},
        dict: {"=": "copy", type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"},
        set: {"=": "copy difference intersection symmetric_difference union",
              bool: "isdisjoint issubset issuperset"},
        int: {int: "bit_count bit_length", bytes: "to_bytes", tuple: "as_integer_ratio", bool: "is_integer"},
        io.TextIOWrapper: {str: "read readline", list: "readlines"},
        io.BufferedReader: {bytes: "read readline"},
        float: {str: "hex", tuple: "as_integer_ratio", bool: "is_integer"},
    }  # fmt: skip
    functions = {
        str: "ascii bin chr format hex input oct repr",
        int: "hash id len ord",
        bool: "callable hasattr isinstance issubclass",
        list: "dir sorted",
        dict: "globals locals",
        tuple: "divmod",
    }
    # By `id`: what is looked for may have a hash of the user's.
    results = {}
    for cls, kinds in methods.items():
        for result, names in kinds.items():
            for name in names.split():
                found = class_member(cls, name)
                results[id(found)] = (found, cls if result == "=" else result)
    for result, names in functions.items():
        for name in names.split():
            found = builtins.__dict__[name]
            results[id(found)] = (found, result)
    open_function = builtins.open
    text_signature = type.__dict__["__text_signature__"].__get__
    with_signature = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType,
                      types.MethodWrapperType, types.ClassMethodDescriptorType)  # fmt: skip

    def own_dict(value):
        """The dictionary of an instance, unless code of the user's would give it."""
        descriptor = class_member(type(value), "__dict__")
        if descriptor is not missing and type(descriptor) not in (
            types.GetSetDescriptorType,
            types.MemberDescriptorType,
        ):
            return {}
        try:
            found = object.__getattribute__(value, "__dict__")
        except Exception:
            return {}
        return found if isinstance(found, dict) else {}

    def bound(found, owner):
        """What an attribute of a class is for an instance, or for the class if it is a class method."""
        if isinstance(found, classmethod):
            found = found.__func__
            return types.MethodType(found, owner) if callable(found) else missing
        if isinstance(found, staticmethod):
            return found.__func__
        if isinstance(found, (property, types.GetSetDescriptorType)):
            return missing
        return found

    def attribute(value, name):
        """The attribute of a value, or `missing` if that cannot be told without running anything."""
        found = inspect.getattr_static(value, name, missing)
        if isinstance(found, types.MemberDescriptorType):
            try:
                return found.__get__(value, type(value))
            except AttributeError:
                return missing
        is_method = type(found) is types.FunctionType and not is_class(value) and name not in own_dict(value)
        return types.MethodType(found, value) if is_method else bound(found, value)

    def global_value(name):
        scope = main.__dict__
        return scope[name] if name in scope else builtins.__dict__.get(name, missing)

    def resolve(chain):
        """The value behind `a.b.c`."""
        first, *rest = chain.split(".")
        value = global_value(first)
        for name in rest:
            if value is missing:
                return missing
            value = attribute(value, name)
        return value

    def tokens_of(text):
        """Pairs of a kind and a match, without what is between tokens."""
        return [(found.lastgroup, found) for found in token_pattern.finditer(text) if found.lastgroup != "gap"]

    def is_mark(token, characters):
        return token[0] == "mark" and token[1][0] in characters

    def ends_operand(token):
        kind, found = token
        if kind == "name":
            return not keyword.iskeyword(found[0]) or found[0] in ("None", "True", "False")
        return kind != "mark" or found[0] in openers

    def primary_start(tokens, last):
        """The index of the first token of `a.b(c)[d]` that ends with the token `last`; -1 if there is no such."""
        at = last
        while at >= 0 and ends_operand(tokens[at]):
            if tokens[at][0] == "mark":
                at = opening(tokens, at)
                if at > 0 and not is_mark(tokens[at], "{") and ends_operand(tokens[at - 1]):
                    at -= 1
                    continue
                return at
            if at > 0 and tokens[at][0] == tokens[at - 1][0] == "string":
                at -= 1
            elif at > 1 and tokens[at][0] == "name" and is_mark(tokens[at - 1], "."):
                at -= 2
            else:
                return at
        return -1

    def opening(tokens, closing):
        """The index of the bracket that the one at `closing` closes; -1 if there is none."""
        wanted = []
        for at in range(closing, -1, -1):
            if is_mark(tokens[at], ")]}"):
                wanted.append(openers[tokens[at][1][0]])
            elif is_mark(tokens[at], "([{"):
                if tokens[at][1][0] != wanted.pop():
                    return -1
                if not wanted:
                    return at
        return -1

    def source_of(tokens, first, last):
        """The code of some tokens. An escape in a string would make the parser warn, so such a string loses its text."""
        parts = []
        for kind, found in tokens[first : last + 1]:
            text = found[0]
            if kind == "string" and "\\" in text:
                text = "bytes()" if "b" in re.match(r"\w*", text)[0].lower() else "f''"
            parts.append(text)
        return " ".join(parts)

    # An inferred value is a pair: `(True, value)`, or `(False, cls)` for an instance of which no more is known.
    unknown = (True, missing)

    def value_of(tokens, last):
        """What the expression stands for that ends with the token `last`."""
        first = primary_start(tokens, last)
        if first < 0 or (first > 0 and tokens[first - 1][1][0] in ("def", "class")):
            return unknown
        try:
            return infer(ast.parse(source_of(tokens, first, last), mode="eval").body)
        except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
            return unknown

    def infer(node):
        kind = type(node)
        if kind is ast.Constant:
            return False, type(node.value)
        if kind is ast.Name:
            return True, global_value(node.id)
        if kind is ast.Attribute:
            is_value, found = infer(node.value)
            if found is missing or is_value:
                return True, missing if found is missing else attribute(found, node.attr)
            member = class_member(found, node.attr)
            if type(member) is types.FunctionType:
                return True, types.MethodType(member, found)
            return True, bound(member, found)
        if kind is ast.Call:
            is_value, found = infer(node.func)
            return called(found, node) if is_value and found is not missing else unknown
        if kind is ast.Subscript and type(node.slice) is ast.Constant:
            is_value, found = infer(node.value)
            return True, item(found, node.slice.value) if is_value else missing
        for nodes, cls in displays:
            if isinstance(node, nodes):
                return False, cls
        return unknown

    def called(function, node):
        """What a call gives."""
        if function is open_function:
            return False, opened(node)
        if is_class(function):
            # What a class of classes makes of a call is its own.
            is_plain = class_member(type(function), "__call__") is members(type)["__call__"]
            return (False, function) if is_plain and function is not type else unknown
        known = results.get(id(function))
        return (False, known[1]) if known is not None else unknown

    def opened(node):
        modes = [*node.args[1:2], *(item.value for item in node.keywords if item.arg == "mode")]
        mode = modes[0].value if modes and type(modes[0]) is ast.Constant else "r"
        if not isinstance(mode, str) or "b" not in mode:
            return io.TextIOWrapper
        return io.BufferedRandom if "+" in mode else io.BufferedReader if "r" in mode else io.BufferedWriter

    def item(container, key):
        """An item of a plain container. Only plain keys are compared, since others have their own ways."""
        if type(container) is dict and type(key) is str:
            for name, value in dict.items(container):
                if type(name) is str and name == key:
                    return value
        elif type(container) in (list, tuple) and type(key) is int and -len(container) <= key < len(container):
            return container[key]
        return missing

    def argument_names(value):
        """The names of a call's arguments that may be given by name."""
        is_bound = False
        for _ in range(20):
            kind = type(value)
            if kind is types.MethodType:
                value, is_bound = value.__func__, True
            elif kind is functools.partial:
                value = value.func
            elif kind is types.FunctionType and type(own_dict(value).get("__wrapped__")) is types.FunctionType:
                value = own_dict(value)["__wrapped__"]
            elif kind is types.FunctionType:
                return function_arguments(value, is_bound)
            elif kind in with_signature:
                return signature_arguments(value.__text_signature__)
            elif is_class(value):
                maker = class_member(value, "__init__")
                if type(maker) is not types.FunctionType:
                    maker = class_member(value, "__new__")
                    maker = maker.__func__ if type(maker) is staticmethod else maker
                if type(maker) is not types.FunctionType:
                    return signature_arguments(text_signature(value))
                value, is_bound = maker, True
            else:
                return []
        return []

    def function_arguments(function, is_bound):
        code = function.__code__
        first = max(code.co_posonlyargcount, int(is_bound and code.co_argcount > 0))
        return list(code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount])

    def signature_arguments(text):
        if not isinstance(text, str):
            return []
        try:
            arguments = ast.parse(f"def f{text.replace('$', '')}: pass").body[0].args
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return []
        named = arguments.args[int(text.startswith("($") and not arguments.posonlyargs) :]
        return [argument.arg for argument in (*named, *arguments.kwonlyargs)]

    def is_in_string(tokens):
        return any(is_mark(token, "'\"") for token in tokens)

    def attribute_place(tokens, text):
        """What stands before the dot of an attribute that is being typed, and what is typed of it; or None."""
        typed, before = typed_name(tokens, text)
        if before == 0 or not is_mark(tokens[before - 1], "."):
            return None
        return *value_of(tokens, before - 2), typed

    def argument_place(tokens, text):
        """The names of arguments that may be typed here, and what is typed of one; or None."""
        typed, before = typed_name(tokens, text)
        if before == 0 or not is_mark(tokens[before - 1], "(,"):
            return None
        given = set()
        at = before - 1
        while at >= 0 and not is_mark(tokens[at], "([{"):
            if is_mark(tokens[at], ")]}"):
                at = opening(tokens, at)
                if at < 0:
                    return None
            elif is_mark(tokens[at], "=") and at > 1 and tokens[at - 1][0] == "name" and is_mark(tokens[at - 2], "(,"):
                given.add(tokens[at - 1][1][0])
            at -= 1
        if at < 1 or not is_mark(tokens[at], "("):
            return None
        is_value, function = value_of(tokens, at - 1)
        if not is_value or function is missing:
            return None
        return [name for name in argument_names(function) if name not in given and name.isidentifier()], typed

    def typed_name(tokens, text):
        """The name that ends at the cursor, and how many tokens stand before it."""
        if tokens and tokens[-1][0] == "name" and tokens[-1][1].end() == len(text):
            return tokens[-1][1][0], len(tokens) - 1
        return "", len(tokens)

    return types.SimpleNamespace(
        is_class=is_class,
        own_dict=own_dict,
        resolve=resolve,
        tokens_of=tokens_of,
        is_in_string=is_in_string,
        attribute_place=attribute_place,
        argument_place=argument_place,
    )
