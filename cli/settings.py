"""The settings of starter.py."""

from process.audit_settings import AuditSettings
from process.operators_settings import OperatorsSettings
from seller.catalog import SHIPPED
from sft_check.settings import CheckSettings
from temporal.encryption.settings import EncryptionSettings
from temporal.settings import TaskQueueSettings


class CliSettings(TaskQueueSettings, EncryptionSettings, AuditSettings, OperatorsSettings):
    """What a command needs: the workers' task queue, their encryption keys, the catalog, and where operators are
    kept."""

    esim_catalog: str = SHIPPED.name


class CheckSftSettings(CliSettings, CheckSettings):
    """What the check of SFT needs besides: how the workers call SFT."""
