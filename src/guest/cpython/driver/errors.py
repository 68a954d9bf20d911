"""What is reported of an exception: to the host, and by a program on standard error."""


def _make_errors(state, own_code, is_loop_code, clip, clip_error):
    import sys
    import traceback

    base_exception, system_exit, memory_error = BaseException, SystemExit, MemoryError
    isinstance_, type_, str_, print_ = isinstance, type, str, print
    # Each frame of a traceback takes some fifty microseconds to format; a raised recursion limit makes millions.
    frames_shown = 2000
    # Names of exceptions' types.
    most_name_bytes = 250

    def is_own(code):
        return code in own_code or code.co_filename == own_filename or is_loop_code(code)

    def without_own_frames(trace):
        """A traceback without the driver's frames, at its start and (an interrupt's) at its end."""
        while trace is not None and is_own(trace.tb_frame.f_code):
            trace = trace.tb_next
        last = trace
        while last is not None:
            following = last.tb_next
            while following is not None and following.tb_frame.f_code in own_code:
                following = following.tb_next
            if following is not last.tb_next:
                last.tb_next = following
            last = following
        return trace

    def leave_out_own(report):
        """Takes the driver's frames out of a report, and out of those of causes, contexts and groups."""
        pending = [report]
        while pending:
            each = pending.pop()
            each.stack[:] = [frame for frame in each.stack if frame.filename != own_filename]
            pending += [other for other in (each.__cause__, each.__context__) if other is not None]
            pending += each.exceptions or ()

    def count_frames(trace):
        count = 0
        while trace is not None:
            count += 1
            trace = trace.tb_next
        return count

    def name_of(error):
        name = type_(error).__qualname__
        return name if isinstance_(name, str_) else "Exception"

    def message_of(error):
        try:
            return str_(error)
        except base_exception:
            return "<exception str() failed>"

    def exception_of(error):
        return {"type": clip(name_of(error), most_name_bytes), "message": clip(message_of(error), state.most_bytes)}

    def describe(error, colors=False):
        """What a failed cell reports. Formatting runs code of the exception's class, so it may fail as well."""
        if isinstance_(error, memory_error):
            state.reserve = None
        try:
            options = {"colorize": True} if colors else {}
            trace = without_own_frames(error.__traceback__)
            report = traceback.TracebackException(type_(error), error, trace, compact=True, limit=-frames_shown)
            leave_out_own(report)
            text = "".join(report.format(**options))
            reason = "".join(report.format_exception_only(**options))
            hidden = count_frames(trace) - frames_shown
            if hidden > 0:
                text = f"[The traceback is too long; its first {hidden} calls are not shown]\n{text}"
        except base_exception:
            text = reason = f"{name_of(error)}: {message_of(error)}"
        result = {"error": clip_error(text.rstrip("\n"), reason.rstrip("\n"), state.most_bytes), **exception_of(error)}
        if isinstance_(error, system_exit):
            result["exitCode"] = exit_code(error)
        return result

    def exit_code(error):
        code = error.code
        if code is None:
            return 0
        return code & 0xFF if isinstance_(code, int) else 1

    def report(error):
        trace = without_own_frames(error.__traceback__)
        hook = sys.excepthook
        if hook is not sys.__excepthook__:
            try:
                hook(type_(error), error.with_traceback(trace), trace)
                return
            except base_exception as failure:
                complain("Error in sys.excepthook:")
                report_plainly(failure)
                complain("\nOriginal exception was:")
        report_plainly(error)

    def report_plainly(error):
        complain(str_(describe(error)["error"], "utf-8"))

    def complain(text):
        try:
            print_(text, file=sys.stderr)
        except base_exception:
            # How the program ends does not depend on somebody's hearing of it.
            pass

    own_filename = describe.__code__.co_filename
    own_functions = (describe, leave_out_own, exception_of, name_of, message_of, report, report_plainly, complain)
    return describe, exception_of, exit_code, report, complain, own_functions
