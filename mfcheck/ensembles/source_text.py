"""What one source text says of the code that it depends on: its imports, and what it does that no text can show."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOADERS = _words("""
    __import__ import_module spec_from_file_location spec_from_loader module_from_spec exec_module load_module run_path
    run_module iter_modules walk_packages resolve_name entry_points load_object load_factory load_library load_inline
    __loader__ zipimporter
""")
"""Names by which code of any name is loaded. Of the first two a literal name is as good as an import."""
READERS = _words("""
    open load loads loadtxt genfromtxt fromfile memmap open_memmap read_text read_bytes read_csv read_json read_parquet
    load_file load_model safe_load full_load unsafe_load load_state_dict_from_url load_dataset from_pretrained urlopen
    urlretrieve getenv environ environb popen Popen check_output listdir scandir iterdir glob rglob exists is_file
    is_dir getmtime getatime getctime getsize getcwd getlogin lstat cpu_count gethostname uname CDLL LoadLibrary
    loadmat readsav imread read_image read_file from_file from_buffer get_data FileIO ZipFile TarFile urandom
""")
"""Names by which a program takes in what is not source: files, the environment, what another program says."""
BUILTINS = {
    "open": READERS, "exec": READERS, "eval": READERS, "__import__": LOADERS, "__loader__": LOADERS,
    "import_module": LOADERS,
}  # fmt: skip
"""The same where a name stands alone. Text that is run comes from somewhere too."""
READING_MODULES = _words("""
    configparser ctypes dbm dotenv fileinput getpass h5py http linecache lxml mmap netrc platform psutil requests
    safetensors secrets shelve socket sqlite3 subprocess tarfile urllib urllib3 uuid winreg xml zipfile
""")
OF_MODULES = {
    "sys.modules": LOADERS, "sys.meta_path": LOADERS, "sys.path_hooks": LOADERS, "sys.argv": READERS,
    "sys.orig_argv": READERS, "sys.stdin": READERS, "os.stat": READERS, "os.getpid": READERS,
    "time.time": READERS, "time.time_ns": READERS,
    "time.localtime": READERS, "time.gmtime": READERS, "time.strftime": READERS, "datetime.datetime.now": READERS,
    "datetime.datetime.today": READERS, "datetime.datetime.utcnow": READERS, "datetime.date.today": READERS,
}  # fmt: skip
"""What loads code and what reads, of modules where the last name alone says too little."""
IN_PARTS = {"builtins": READERS, "importlib": LOADERS, "io": READERS, "os": READERS, "pkgutil": LOADERS, "sys": LOADERS}
"""Modules that may do both: one that is not followed by a name of its own, written out, may do anything."""


@dataclass(frozen=True)
class SourceText:
    """What a module's source says: everything by absolute dotted names."""

    modules: frozenset[str]
    """Modules that it imports, wherever in it and under whatever condition."""
    members: frozenset[str]
    """Names that it imports from modules: each may be a module itself."""
    stars: frozenset[str]
    """Modules that it imports everything from: of a package, also the modules that its `__all__` names."""
    exported: frozenset[str]
    """What its own `__all__` names."""
    loads: str
    """How it loads code by a name that is not written out; empty if it does not."""
    reads: str
    """How it takes in what is not source; empty if it does not."""


def read_source(tree: ast.Module, package: str) -> SourceText:
    """What a parsed module says, `package` being what its relative imports start from; nothing is imported for it."""
    modules, members, stars, exported = set[str](), set[str](), set[str](), set[str]()
    loads, reads = list[str](), list[str]()
    literal: set[int] = set()  # uses of a loader whose name is written out; a call is met before what it calls
    followed: set[int] = set()  # names that another follows, as os in os.path; met after it
    meant = _meanings(tree)

    def use(node: ast.expr | ast.stmt, shown: str, kind: frozenset[str] | None) -> None:
        if kind is not None and id(node) not in literal:
            (loads if kind is LOADERS else reads).append(f"{shown} in line {node.lineno}")

    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                modules.update(alias.name for alias in names)
            case ast.ImportFrom(names=names):
                base = _absolute(node.module or "", node.level, package)
                if base is None:
                    use(node, "a relative import from beyond its package", LOADERS)
                    continue
                modules.add(base)
                for name, other in ((alias.name, alias.asname) for alias in names):
                    stars.add(base) if name == "*" else members.add(f"{base}.{name}")
                    plain = name == "import_module" and other is None  # its uses are looked at one by one
                    use(node, name, None if plain else _kind(name, f"{base}.{name}"))
            case ast.Call() if imported := _literal_import(node, package):
                literal.add(id(node.func))
                modules.add(imported)
            case ast.Attribute(value=value, attr=attr):
                followed.add(id(value))
                use(node, ast.unparse(node), _kind(attr, _dotted(node, meant)))
            case ast.Name(id=name):
                whole = None if id(node) in followed else IN_PARTS.get(meant.get(name, ""))
                use(node, name, BUILTINS.get(name) or OF_MODULES.get(meant.get(name, "")) or whole)
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
                exported.update(_exported(node))
    reads += [f"module {name}" for name in sorted(modules) if top(name) in READING_MODULES]
    named = frozenset(modules), frozenset(members), frozenset(stars), frozenset(exported)
    return SourceText(*named, "".join(loads[:1]), "".join(reads[:1]))


def _kind(name: str, dotted: str) -> frozenset[str] | None:
    return LOADERS if name in LOADERS else READERS if name in READERS else OF_MODULES.get(dotted)


def _meanings(tree: ast.Module) -> dict[str, str]:
    """What names stand for that are imported anywhere in a module, by dotted names; relative imports aside."""
    found = dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update((one.asname, one.name) if one.asname else (top(one.name),) * 2 for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.update((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)
    return found


def _dotted(node: ast.expr, meant: Mapping[str, str]) -> str:
    """What names one after the other stand for; empty if the first is not imported."""
    match node:
        case ast.Name(id=name):
            return meant.get(name, "")
        case ast.Attribute(value=value, attr=attr) if before := _dotted(value, meant):
            return f"{before}.{attr}"
    return ""


def top(name: str) -> str:
    """The first of the parts of a dotted name."""
    return name.partition(".")[0]


def _absolute(name: str, level: int, package: str) -> str | None:
    """The absolute name of a module named relatively; None for one beyond the top package."""
    if not level:
        return name
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    return ".".join([*parts[: len(parts) - level + 1], *([name] if name else [])])


def _literal_import(call: ast.Call, package: str) -> str | None:
    """The module that import_module("…") or __import__("…") loads; None for all other calls."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    match called, call.args, call.keywords:
        case (("import_module" | "__import__"), [ast.Constant(value=str(name))], []) if not name.startswith("."):
            return name
        case "import_module", [ast.Constant(value=str(name)), ast.Name(id="__package__")], []:
            bare = name.lstrip(".")
            return _absolute(bare, len(name) - len(bare), package)
    return None


def _exported(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is not None and any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
        for part in ast.walk(node.value):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
