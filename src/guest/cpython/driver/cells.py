"""Runs the cells of a session, and keeps their sources for tracebacks."""


def _make_cells(state, main, describe, clip, run_coroutine):
    import ast
    import builtins
    import linecache
    import sys
    import types

    exec_, eval_, compile_, repr_, print_, isinstance_ = exec, eval, compile, repr, print, isinstance
    base_exception = BaseException
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

    def run_cell(request):
        code, filename = request["code"], request["filename"]
        remember(filename, code)
        scope = main.__dict__
        value = None
        state.running = True
        try:
            tree = compile_(code, filename, "exec", ast.PyCF_ONLY_AST, True, state.optimize)
            body = tree.body
            if body and isinstance_(body[-1], ast.Expr):
                last = ast.Expression(body.pop().value)
                if body:
                    exec_(compile_(tree, filename, "exec", 0, True, state.optimize), scope)
                value = eval_(compile_(last, filename, "eval", 0, True, state.optimize), scope)
                if value is not None:
                    text = repr_(value)
                    builtins._ = value
                    if not body:
                        print_(text)
                    return {"result": clip(text, state.most_bytes)}
            elif body:
                exec_(compile_(tree, filename, "exec", 0, True, state.optimize), scope)
            return {}
        except base_exception as error:
            state.running = False
            return describe(error)
        finally:
            state.running = False
            del value

    def run_interactive(request):
        """As the interactive prompt: the last statement shows its value, and `await` may stand anywhere."""
        code, filename = request["code"], request["filename"]
        remember(filename, code)
        value = None
        state.running = True
        try:
            tree = compile_(code, filename, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True, state.optimize)
            last = ast.Expression(tree.body.pop().value) if tree.body and isinstance_(tree.body[-1], ast.Expr) else None
            if tree.body:
                evaluate(compile_(tree, filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True, state.optimize))
            if last is None:
                return {}
            value = evaluate(compile_(last, filename, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True, state.optimize))
            if sys.displayhook is not sys.__displayhook__:
                sys.displayhook(value)
            elif value is not None:
                text = repr_(value)
                builtins._ = value
                return {"result": clip(text, state.most_bytes)}
            return {}
        except base_exception as error:
            state.running = False
            return describe(error, request.get("colors", False))
        finally:
            state.running = False
            del value

    def evaluate(code):
        if not code.co_flags & is_coroutine:
            return eval_(code, main.__dict__)
        return run_coroutine(function_type(code, main.__dict__)())

    return remember_program, run_cell, run_interactive, (run_cell, run_interactive, evaluate)
