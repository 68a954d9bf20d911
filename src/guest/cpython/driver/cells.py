"""Runs the cells of a session, and keeps their sources for tracebacks."""


def _make_cells(state, main, describe, clip, encode, loops, suspended_answer, show):
    import ast
    import builtins
    import linecache
    import sys
    import types

    exec_, eval_, compile_, repr_, print_, isinstance_ = exec, eval, compile, repr, print, isinstance
    base_exception, system_exit, memory_error, type_ = BaseException, SystemExit, MemoryError, type
    exception, awaits = Exception, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    run_coroutine, go_on, suspension = loops
    show_result, show_figures = show
    leaving = frozenset(("exit", "quit"))
    function_type, is_coroutine = types.FunctionType, 0x80
    # The source of recent cells, for tracebacks; the oldest go first, so that a long session does not grow.
    recent_cells = {}
    cells_kept = 400
    characters_kept = 8_000_000

    def remember(filename, code):
        lines = code.splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        linecache.cache[filename] = (len(code), None, lines, filename)
        state.characters += len(code) - recent_cells.pop(filename, 0)
        recent_cells[filename] = len(code)
        while len(recent_cells) > cells_kept or (state.characters > characters_kept and len(recent_cells) > 1):
            oldest = next(iter(recent_cells))
            state.characters -= recent_cells.pop(oldest)
            linecache.cache.pop(oldest, None)

    def remember_program(filename, source, code):
        """Other code may have the name `<string>` too: those lines are kept for the code itself, where that can be."""
        register = getattr(linecache, "_register_code", None)
        if register is None or not filename.startswith("<"):
            remember(filename, source)
        else:
            register(code, source, filename)

    def compiled(source, filename, mode, flags=0):
        return compile_(source, filename, mode, flags, True, state.optimize)

    def run_cell(request):
        """The value of the last expression is the cell's; `await` may stand anywhere."""
        code, filename = request["code"], request["filename"]
        is_interactive = request["mode"] == "interactive"
        remember(filename, code)
        state.running = True
        try:
            # Bare, these leave, as at Python's own prompt, unless they are names of the session's.
            if is_interactive and code.strip() in leaving and code.strip() not in main.__dict__:
                raise system_exit
            tree = compiled(code, filename, "exec", ast.PyCF_ONLY_AST | awaits)
            last = ast.Expression(tree.body.pop().value) if tree.body and isinstance_(tree.body[-1], ast.Expr) else None
            codes = [compiled(tree, filename, "exec", awaits)] if tree.body else []
            if last is not None:
                codes.append(compiled(last, filename, "eval", awaits))
        except base_exception as error:
            return failed(request, error)
        # What the value is for: nothing, a result, or a result that is printed too.
        use = None if last is None else "shown" if is_interactive or len(codes) > 1 else "printed"
        return finish_cell(request, use, lambda: evaluate(codes))

    def finish_cell(request, use, get_value):
        value = None
        state.running = True
        state.shows = request["mode"] == "cell"
        try:
            value = get_value()
            if value is suspension:
                state.unfinished = lambda: finish_cell(request, use, go_on)
                return suspended_answer()
            if state.shows:
                show_figures()
            if use is None:
                return {}
            answer = {}
            if request["mode"] == "interactive" and sys.displayhook is not sys.__displayhook__:
                sys.displayhook(value)
            elif value is not None:
                text = repr_(value)
                builtins._ = value
                if use == "printed":
                    print_(text)
                answer["result"] = clip(text, state.most_bytes)
                if state.shows:
                    show_result(value)
            if request.get("wantsValue"):
                answer.update(as_data(value))
            return answer
        except base_exception as error:
            return failed(request, error)
        finally:
            state.running = state.shows = False
            del value

    def as_data(value):
        try:
            text, parts = encode(value)
        except exception:
            return {}
        return {"value": text, "parts": parts}

    def failed(request, error):
        state.running = False
        if request["mode"] != "interactive":
            return describe(error)
        # For `pdb.pm()`. What filled the memory must not stay for it.
        if not isinstance_(error, (system_exit, memory_error)):
            sys.last_type, sys.last_value, sys.last_traceback = type_(error), error, error.__traceback__
            sys.last_exc = error
        return describe(error, request.get("colors", False))

    def evaluate(codes):
        """The value of the last one, or `suspension`. If one of them awaits, all of them run in the event loop."""
        for code in codes:
            if code.co_flags & is_coroutine:
                return run_coroutine(evaluate_in_loop(codes))
        value = None
        for code in codes:
            value = eval_(code, main.__dict__)
        return value

    async def evaluate_in_loop(codes):
        value = None
        for code in codes:
            if code.co_flags & is_coroutine:
                value = await function_type(code, main.__dict__)()
            else:
                value = eval_(code, main.__dict__)
        return value

    own_functions = (compiled, run_cell, finish_cell, as_data, failed, evaluate, evaluate_in_loop)
    return remember_program, run_cell, evaluate, own_functions
