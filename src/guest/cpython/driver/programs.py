"""Runs a program as the language's own command does, and tells how it ends."""


def _make_programs(state, main, errors, remember_program, evaluate, loops, suspended_answer, flush):
    import ast
    import atexit
    import os
    import runpy
    import sys

    compile_, isinstance_, type_ = compile, isinstance, type
    run_coroutine, go_on, suspension = loops
    base_exception, system_exit, keyboard_interrupt = BaseException, SystemExit, KeyboardInterrupt
    exception_of, exit_code, report, complain = errors

    def named(message):
        """`runpy` begins what it has to say with the path of the interpreter, which has none here."""
        return f"pyrunner{message}" if type_(message) is str and message.startswith(": ") else message

    def run_program(request):
        return finish_program(request, lambda: execute(request))

    def execute(request):
        """Gives `suspension` if it waits for the host."""
        filename = request["filename"]
        if request["mode"] == "module":
            if not state.safe_path:
                sys.path[0] = os.getcwd()
            return runpy._run_module_as_main(request["code"])
        awaits = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        compiled = compile_(request["code"], filename, "exec", awaits, True, state.optimize)
        remember_program(filename, request["code"], compiled)
        if not filename.startswith("<"):
            main.__file__ = filename
            if not state.safe_path:
                sys.path[0] = os.path.dirname(filename)
        return evaluate([compiled])

    def finish_program(request, go):
        goes_on = request.get("goesOn", False)
        code = 0
        is_over = True
        # Told to the host as well, since standard error may take no more.
        failure = {}
        state.running = True
        try:
            try:
                if go() is suspension:
                    is_over = False
                    state.unfinished = lambda: finish_program(request, go_on)
                    return suspended_answer()
            finally:
                if is_over and not goes_on:
                    atexit._run_exitfuncs()
        except base_exception as error:
            if isinstance_(error, system_exit) and not goes_on:
                code = exit_code(error)
                if not isinstance_(error.code, (int, type_(None))):
                    # Both run the code's own `__str__`, and take no notice of what it raises.
                    state.interrupted = False
                    failure = exception_of(error)
                    complain(named(error.code) if request["mode"] == "module" else error.code)
                    if state.interrupted:
                        code = 130
            else:
                state.running = False
                code = 130 if isinstance_(error, keyboard_interrupt) else 1
                report(error)
                failure = exception_of(error)
        state.running = False
        try:
            # A program may close it (`json.tool` does); what it wrote is out then.
            if not sys.stdout.closed:
                sys.stdout.flush()
        except base_exception as error:
            code = code or 120
        flush()
        return {**failure, "exitCode": code}

    return run_program, (run_program, execute, finish_program)
