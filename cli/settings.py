"""The settings of starter.py."""

from pydantic import Field

from process.audit_settings import AuditSettings
from process.operators_settings import OperatorsSettings
from process.sales_record import SalesRecordSettings
from seller.catalog import SHIPPED
from sft_check.settings import CheckSettings
from temporal.encryption.settings import EncryptionSettings
from temporal.settings import TaskQueueSettings


class CliSettings(TaskQueueSettings, EncryptionSettings, AuditSettings, OperatorsSettings, SalesRecordSettings):
    """What a command needs: the workers' task queue, their encryption keys, the catalog, and where operators and the
    record of sales are kept."""

    esim_catalog: str = SHIPPED.name
    esim_bulk_orders_per_second: float = Field(default=5, gt=0, le=1000)


class CheckSftSettings(CliSettings, CheckSettings):
    """What the check of SFT needs besides: how the workers call SFT."""
