"""All tasks of the product: importing this module registers them with the worker."""

import smartbill.usecases.area.halted
import smartbill.usecases.area.page_uploads
import smartbill.usecases.area.stranded
import smartbill.usecases.checks
import smartbill.usecases.intake.contact_files
import smartbill.usecases.intake.contact_notices
import smartbill.usecases.intake.contact_rejects
import smartbill.usecases.intake.notices
import smartbill.usecases.intake.opening
import smartbill.usecases.intake.publishing
import smartbill.usecases.intake.reading
import smartbill.usecases.paper.make
import smartbill.usecases.report
import smartbill.usecases.sending.control
import smartbill.usecases.sending.lane
import smartbill.usecases.sending.prepare
import smartbill.usecases.timetable  # noqa: F401
