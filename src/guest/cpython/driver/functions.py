"""Makes functions of the host functions of Python, in `builtins` and in a module `tools`."""


def _make_functions(calls, main):
    import builtins
    import keyword
    import sys
    import types

    exec_, isinstance_, getattr_, setattr_ = exec, isinstance, getattr, setattr
    call_sync, call_async = calls.call_sync, calls.call_async
    own = {"names": ()}

    class Namespace(types.SimpleNamespace):
        """Functions of the host that belong together."""

    Namespace.__module__, Namespace.__qualname__ = "tools", "Namespace"

    def make(declaration):
        style = declaration.get("style", "sync")
        function = make_one(declaration, "", call_async if style == "async" else call_sync)
        function.sync = make_one(declaration, ".sync", call_sync)
        function.aio = make_one(declaration, ".aio", call_async)
        return function

    def make_one(declaration, suffix, call):
        name, parameters = declaration["name"], declaration.get("parameters")

        def function(*args, **kwargs):
            return call(name, args, kwargs)

        if parameters is not None and all(is_name(each["name"]) for each in parameters):
            function = with_parameters(parameters, lambda given: call(name, (), given))
        qualified = name + suffix
        function.__name__, function.__qualname__ = qualified.rpartition(".")[2], qualified
        function.__module__, function.__doc__ = "tools", declaration.get("documentation")
        return function

    def is_name(text):
        return text.isidentifier() and not keyword.iskeyword(text) and text != "_wasm_repl_call"

    def with_parameters(parameters, call):
        """A function that takes these, and hands on those that are given, by their names."""
        names, is_optional, is_named = [], False, False
        for each in parameters:
            if is_optional and each["isRequired"] and not is_named:
                # Behind one that may be left out, others can only be required by name.
                is_named = True
                names.append("*")
            is_optional = is_optional or not each["isRequired"]
            names.append(each["name"] if each["isRequired"] else f"{each['name']}=...")
        scope = {"_wasm_repl_call": lambda given: call({name: it for name, it in given.items() if it is not ...})}
        # As a function that is written down: whoever looks at it, or calls it wrongly, sees what it takes.
        source = f"def function({', '.join(names)}): return _wasm_repl_call(locals())"
        exec_(compile(source, own_filename, "exec"), scope)
        made = scope["function"]
        return made

    def is_own(value):
        return isinstance_(value, Namespace) or getattr_(value, "__module__", None) == "tools"

    def declare(declarations):
        """The functions that there are from now on, in place of those before."""
        tools = types.ModuleType("tools", "Functions of the host.")
        tools.HostError = calls.host_error
        for declaration in declarations:
            *path, last = declaration["name"].split(".")
            holder = tools
            for part in path:
                if not hasattr(holder, part):
                    setattr_(holder, part, Namespace())
                holder = getattr_(holder, part)
            setattr_(holder, last, make(declaration))
        for holder, name in own["names"]:
            if is_own(holder.get(name)):
                del holder[name]
        # One that has the name of a function of Python's is for the session's code alone, not for the library.
        everywhere = builtins.__dict__
        names = {declaration["name"].partition(".")[0] for declaration in declarations}
        own["names"] = [(main if name in everywhere else everywhere, name) for name in names]
        for holder, name in own["names"]:
            holder[name] = getattr_(tools, name)
        sys.modules["tools"] = tools

    own_filename = declare.__code__.co_filename
    return declare
