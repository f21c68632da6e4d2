"""Where the names of operators are kept."""

from process.settings import EnvironmentSettings


class OperatorsSettings(EnvironmentSettings):
    """The file with the operators who log in by name, which ``starter.py operators`` changes and the shop reads."""

    portal_operators: str = "portal-operators.json"
