"""All tasks of the product: importing this module registers them with the worker."""

import smartbill.usecases.intake.notices
import smartbill.usecases.intake.opening
import smartbill.usecases.intake.publishing
import smartbill.usecases.intake.reading  # noqa: F401
