"""Shows values to the host as a notebook does: by MIME type, text or bytes."""


def _make_display(state, calls, encode):
    import builtins
    import sys

    isinstance_, type_, repr_, print_, getattr_, len_ = isinstance, type, repr, print, getattr, len
    str_, dict_, tuple_, bytes_, callable_ = str, dict, tuple, bytes, callable
    exception, os_error, type_error = Exception, OSError, TypeError
    # What a class may say of its values, each in a method of its own.
    kinds = {
        "_repr_html_": "text/html",
        "_repr_markdown_": "text/markdown",
        "_repr_latex_": "text/latex",
        "_repr_svg_": "image/svg+xml",
        "_repr_png_": "image/png",
        "_repr_jpeg_": "image/jpeg",
        "_repr_pdf_": "application/pdf",
        "_repr_json_": "application/json",
        "_repr_javascript_": "application/javascript",
    }

    def method_of(value, name):
        # A class has such a method for its values, not for itself.
        if isinstance_(value, type_):
            return None
        try:
            found = getattr_(value, name, None)
        except exception:
            return None
        return found if callable_(found) and hasattr(type_(value), name) else None

    def rich_forms(value):
        """All but the plain text, by MIME type. A method that fails has nothing to say, as in a notebook."""
        forms = {}
        for name, kind in kinds.items():
            form = ask(method_of(value, name))
            if isinstance_(form, tuple_):
                # With metadata.
                form = form[0] if form else None
            if form is not None:
                forms[kind] = form
        pair = ask(method_of(value, "_mime_"))
        if isinstance_(pair, tuple_) and len_(pair) == 2 and isinstance_(pair[0], str_):
            forms[pair[0]] = pair[1]
        bundle = ask(method_of(value, "_repr_mimebundle_"), include=None, exclude=None)
        if isinstance_(bundle, tuple_):
            bundle = bundle[0] if bundle else None
        if isinstance_(bundle, dict_):
            forms.update(bundle)
        return forms

    def ask(method, **options):
        if method is None:
            return None
        try:
            return method(**options)
        except exception:
            return None

    def send(forms):
        calls.display(*encode(forms))

    def show_result(value):
        """The value of a cell is shown if it has more to show than its text."""
        forms = rich_forms(value)
        if forms:
            send_or_drop({"text/plain": repr_(value), **forms})

    def send_or_drop(forms):
        try:
            send(forms)
        except (exception, os_error):
            # Nobody has asked for it to be shown.
            pass

    def display(*values, raw=False):
        """Show values to whoever runs this code: in each form that they have (`_repr_html_`, `_repr_png_`,
        `_repr_mimebundle_` and so on), and as text. With `raw`, each value is a dict of MIME types with text or bytes."""
        for value in values:
            if raw and not isinstance_(value, dict_):
                raise type_error("with raw=True, display takes dicts of MIME types")
            if state.shows:
                send(value if raw else {"text/plain": repr_(value), **rich_forms(value)})
            else:
                print_(value.get("text/plain", "") if raw else repr_(value))

    def show_figures():
        """Figures of matplotlib that the cell has left open, as PNG; they are closed."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        import io

        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            image = io.BytesIO()
            figure.savefig(image, format="png", bbox_inches="tight")
            send_or_drop({"text/plain": repr_(figure), "image/png": image.getvalue()})
            pyplot.close(figure)

    display.__module__, display.__qualname__ = "builtins", "display"
    builtins.display = display
    return show_result, show_figures
