"""The interpreter's own options, and the environment variables that stand for them.

CPython reads both before anything else, and its images are made long after that. So what they change is changed here, when
a session begins. A session that goes on from a state may have other options than that state had.
"""


def _make_flags(state, set_unbuffered):
    import _frozen_importlib_external as loading
    import os
    import sys
    import warnings

    # Of a build older than 3.13 the flags cannot be copied with changes.
    replace = getattr(type(sys.flags), "__replace__", None)
    boot_flags, boot_filters, boot_bytecode = sys.flags, list(warnings.filters), sys.dont_write_bytecode
    boot_digits = sys.get_int_max_str_digits()
    usual_cache, usual_defaults = loading.cache_from_source, loading.SourceLoader.source_to_code.__kwdefaults__
    library = os.path.dirname(os.__file__) + "/"

    def set_flags(options, environ):
        """`options` are words: a letter behind its dash, and its value behind that."""
        wanted = (options, {name: value for name, value in environ.items() if name.startswith("PYTHON")})
        if wanted == state.flags:
            return
        state.flags = wanted
        words = [(option[1], option[2:]) for option in options]
        isolated = ("I", "") in words
        ignores = isolated or ("E", "") in words
        variables = {} if ignores else environ

        def level(letter, variable):
            """As often as the letter is given, or what the variable says."""
            text = variables.get(variable, "")
            stated = max(int(text), 0) if text.isdecimal() else int(text != "")
            return max(words.count((letter, "")), stated)

        set_extended([value for letter, value in words if letter == "X"])
        dev = "dev" in sys._xoptions or bool(level("", "PYTHONDEVMODE"))
        sys.dont_write_bytecode = boot_bytecode or bool(level("B", "PYTHONDONTWRITEBYTECODE"))
        safe_path = isolated or bool(level("P", "PYTHONSAFEPATH"))
        flags = {
            "dont_write_bytecode": int(sys.dont_write_bytecode),
            "optimize": min(level("O", "PYTHONOPTIMIZE"), 2),
            "verbose": level("v", "PYTHONVERBOSE"),
            "ignore_environment": int(ignores),
            "isolated": int(isolated),
            "no_user_site": int(isolated or bool(level("s", "PYTHONNOUSERSITE"))),
            "no_site": min(level("S", ""), 1),
            "dev_mode": dev,
            "safe_path": safe_path,
            "int_max_str_digits": sys.get_int_max_str_digits(),
        }
        sys.flags = boot_flags if replace is None else replace(boot_flags, **flags)
        set_optimization(flags["optimize"])
        set_unbuffered(bool(level("u", "PYTHONUNBUFFERED")))
        set_warnings(
            [
                *(["default"] if dev else []),
                *[text for text in variables.get("PYTHONWARNINGS", "").split(",") if text],
                *[value for letter, value in words if letter == "W"],
            ]
        )
        set_path(variables["PYTHONPATH"].split(":") if variables.get("PYTHONPATH") else [], safe_path)

    def set_optimization(level):
        """For the program, and for what it imports: bytecode of another level has another name."""
        if level == max(state.optimize, 0):
            return
        state.optimize = level
        loading.SourceLoader.source_to_code.__kwdefaults__ = {**usual_defaults, "_optimize": level}
        loading.cache_from_source = cache_from_source if level > 0 else usual_cache

    def cache_from_source(path, debug_override=None, *, optimization=None):
        if debug_override is None and optimization is None:
            # The library has bytecode of one level, and is not worth being compiled anew in each session.
            optimization = "" if path.startswith(library) else state.optimize
        return usual_cache(path, debug_override, optimization=optimization)

    def set_warnings(options):
        if options == sys.warnoptions:
            return
        sys.warnoptions[:] = options
        warnings.filters[:] = boot_filters
        warnings._processoptions(options)
        warnings._filters_mutated()

    def set_path(folders, safe_path):
        if folders != state.python_path:
            own = [folder for folder in sys.path if folder not in state.python_path]
            state.python_path = folders
            first = 1 if own[:1] == [""] else 0
            sys.path[:] = [*own[:first], *folders, *own[first:]]
        if safe_path != state.safe_path:
            state.safe_path = safe_path
            if not safe_path:
                sys.path.insert(0, "")
            elif sys.path[:1] == [""]:
                del sys.path[0]

    def set_extended(values):
        given = {}
        for value in values:
            name, equals, text = value.partition("=")
            given[name] = text if equals else True
        if given == sys._xoptions:
            return
        sys._xoptions.clear()
        sys._xoptions.update(given)
        digits = given.get("int_max_str_digits")
        sys.set_int_max_str_digits(int(digits) if digits else boot_digits)
        if "faulthandler" in given:
            import faulthandler

            faulthandler.enable()
        if "tracemalloc" in given:
            import tracemalloc

            frames = given["tracemalloc"]
            tracemalloc.start(1 if frames is True else int(frames))

    return set_flags
