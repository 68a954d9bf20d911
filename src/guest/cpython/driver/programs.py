"""Runs a program as the language's own command does, and tells how it ends."""


def _make_programs(state, main, errors, remember_program, flush):
    import atexit
    import os
    import runpy
    import sys

    exec_, compile_, isinstance_, type_ = exec, compile, isinstance, type
    base_exception, system_exit, keyboard_interrupt = BaseException, SystemExit, KeyboardInterrupt
    exception_of, exit_code, report, complain = errors

    def named(message):
        """`runpy` begins what it has to say with the path of the interpreter, which has none here."""
        return f"pyrunner{message}" if type_(message) is str and message.startswith(": ") else message

    def run_program(request):
        filename, goes_on = request["filename"], request.get("goesOn", False)
        code = 0
        # Told to the host as well, since standard error may take no more.
        failure = {}
        state.running = True
        try:
            try:
                if request["mode"] == "module":
                    if not state.safe_path:
                        sys.path[0] = os.getcwd()
                    runpy._run_module_as_main(request["code"])
                else:
                    compiled = compile_(request["code"], filename, "exec", 0, True, state.optimize)
                    remember_program(filename, request["code"], compiled)
                    if not filename.startswith("<"):
                        main.__file__ = filename
                        if not state.safe_path:
                            sys.path[0] = os.path.dirname(filename)
                    exec_(compiled, main.__dict__)
            finally:
                if not goes_on:
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

    return run_program
