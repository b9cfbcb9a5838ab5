"""Splits groups of exceptions, and handles them with `except*`. A case is plain data (src/oracle/group-cases.ts)."""


class A(Exception):
    pass


class B(A):
    pass


class C(Exception):
    pass


class NoSuch(Exception):
    """Matches nothing. It is used for clauses that a case does not have."""


CLASSES = {"Any": Exception, "A": A, "B": B, "C": C}


class Marked(ExceptionGroup):
    """A group of a subclass, whose halves are of the same subclass."""

    def derive(self, errors: list) -> "Marked":
        return Marked(self.message, errors)


class Case:
    """The errors of one case, by their ids."""

    def __init__(self) -> None:
        self._by_id: dict[int, Exception] = {}
        self._ids: dict[int, int] = {}

    def error(self, node: dict) -> Exception:
        """Makes an error from its description; a leaf that occurs twice is one object."""
        id = node["id"]
        if id in self._by_id:
            return self._by_id[id]
        if "members" not in node:
            error = CLASSES[node["class"]](id)
        else:
            group = Marked if node["marked"] else ExceptionGroup
            error = group(f"group {id}", [self.error(member) for member in node["members"]])
            if node["cause"]:
                error.__cause__ = Exception(f"cause {id}")
        self._by_id[id] = error
        self._ids[_identity(error)] = id
        return error

    def shape(self, error: BaseException | None) -> object:
        """Describes a resulting error. `same`: it is the same object as at the beginning of the case."""
        if error is None:
            return None
        id = self._ids.get(_identity(error))
        if not isinstance(error, BaseExceptionGroup):
            return {"id": id} if id is not None else {"text": repr(error)}
        return {
            "message": error.message,
            "same": id is not None,
            "marked": isinstance(error, Marked),
            "cause": None if error.__cause__ is None else str(error.__cause__),
            "members": [self.shape(member) for member in error.exceptions],
        }

    def condition(self, description: dict) -> object:
        if "classes" in description:
            classes = tuple(CLASSES[name] for name in description["classes"])
            return classes[0] if len(classes) == 1 else classes
        ids = set(description["ids"])
        return lambda error: self._ids.get(_identity(error)) in ids


def _identity(error: BaseException) -> int:
    return id(error)


def split(description: dict) -> dict:
    case = Case()
    group = case.error(description["error"])
    condition = case.condition(description["condition"])
    match, rest = group.split(condition)
    return {
        "match": case.shape(match),
        "rest": case.shape(rest),
        "subgroup": case.shape(group.subgroup(condition)),
    }


def handle(description: dict) -> dict:
    """Handles an error with up to three clauses; returns the group that each received, and what was thrown in the end."""
    case = Case()
    error = case.error(description["error"])
    clauses = description["clauses"]
    caught: list = [None, None, None]

    def classes(number: int) -> tuple[type[Exception], ...]:
        if number >= len(clauses):
            return (NoSuch,)
        return tuple(CLASSES[name] for name in clauses[number]["classes"])

    def rethrows(number: int, group: ExceptionGroup) -> bool:
        """Runs a clause; returns true if it has to raise the same group."""
        caught[number] = case.shape(group)
        then = clauses[number]["then"]
        match then["do"]:
            case "raise":
                raise case_error(then["error"])
            case "raise member":
                raise group.exceptions[0]
            case "raise part":
                part = group.subgroup(CLASSES[then["class"]])
                if part is not None:
                    raise part
        return then["do"] == "reraise"

    case_error = case.error
    thrown = None
    try:
        try:
            raise error
        except* classes(0) as group:
            if rethrows(0, group):
                raise
        except* classes(1) as group:
            if rethrows(1, group):
                raise
        except* classes(2) as group:
            if rethrows(2, group):
                raise
    except BaseException as left:
        # A single error was handled by at most one clause, and what that raises is not wrapped.
        is_wrapped = _is_wrapper(left) and isinstance(error, ExceptionGroup)
        thrown = case.shape(left.exceptions[0] if is_wrapped else left)
    return {"caught": caught[: len(clauses)], "thrown": thrown}


def _is_wrapper(error: BaseException) -> bool:
    """Whether `except*` has wrapped the single error of a handler in a group, as it does before Python 3.11.4."""
    return WRAPS and isinstance(error, ExceptionGroup) and error.message == "" and len(error.exceptions) == 1


def _wraps() -> bool:
    try:
        try:
            raise ExceptionGroup("group", [A()])
        except* A:
            raise C()
    except Exception as error:
        return isinstance(error, ExceptionGroup)


WRAPS = _wraps()
