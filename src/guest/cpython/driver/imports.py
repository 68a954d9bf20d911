"""Changes modules of the library that not every image has, when they are imported, or imported anew."""


def _make_import_watch():
    import sys

    changes = {}

    class Loader:
        def __init__(self, loader, change):
            self.loader, self.change = loader, change

        def create_module(self, spec):
            return self.loader.create_module(spec)

        def exec_module(self, module):
            module.__loader__ = module.__spec__.loader = self.loader
            self.loader.exec_module(module)
            self.change()

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name not in changes:
                return None
            for finder in sys.meta_path:
                if finder is not Finder:
                    spec = finder.find_spec(name, path, target)
                    if spec is not None:
                        spec.loader = Loader(spec.loader, changes[name])
                        return spec
            return None

    sys.meta_path.insert(0, Finder)

    def when_imported(name, change):
        """Changes it now, if it is in the image."""
        changes[name] = change
        if name in sys.modules:
            change()

    return when_imported
