"""Addresses of the staff pages. Of django-allauth only the pages that closed accounts need are mounted."""

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import URLPattern, URLResolver, include, path, register_converter

from smartbill.web.backoffice.views import (
    bills,
    checks,
    contact_files,
    contacts,
    dashboard,
    deliveries,
    job_acts,
    jobs,
    layouts,
    sftp_access,
    statistics,
    tickets,
)


class CompanyCode:
    """Companies have codes in capitals; so they never collide with the pages of sign-in."""

    regex = "[A-Z0-9]{2,10}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class JobCode(CompanyCode):
    regex = "[A-Z0-9]{2,10}_[0-9]{4}_[0-9]{1,9}"


class LayoutName(CompanyCode):
    regex = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}"


class UploadCode(CompanyCode):
    regex = "[0-9a-f]{32}"


register_converter(CompanyCode, "company")
register_converter(LayoutName, "layout")
register_converter(JobCode, "job")
register_converter(UploadCode, "upload")

accounts: list[URLPattern | URLResolver] = [
    path("entra/", account.login, name="account_login"),
    path("esci/", account.logout, name="account_logout"),
    path("sospeso/", account.account_inactive, name="account_inactive"),
    path("conferma-password/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("sicurezza/", second_factor.index, name="mfa_index"),
    path("codice/", second_factor.authenticate, name="mfa_authenticate"),
    path("conferma-codice/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("sicurezza/attiva/", totp.activate_totp, name="mfa_activate_totp"),
    path("sicurezza/disattiva/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("sicurezza/codici/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("sicurezza/codici/nuovi/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
]

job_pages: list[URLPattern | URLResolver] = [
    path("", jobs.job, name="job"),
    path("avanzamento/", jobs.progress, name="job_progress"),
    path("segnalazioni/", jobs.findings, name="job_findings"),
    path("segnalazioni.csv", jobs.findings_csv, name="job_findings_csv"),
    path("segnalazioni.json", jobs.findings_json, name="job_findings_json"),
    path("controlli/<slug:check>/", checks.checked, name="job_checked"),
    path("controlli/<slug:check>.csv", checks.checked_csv, name="job_checked_csv"),
    path("file/", jobs.entries, name="job_entries"),
    path("rifiutati/", jobs.refused, name="job_refused"),
    path("non-in-vigore/", jobs.out_of_force, name="job_out_of_force"),
    path("senza-recapito/", jobs.unreached, name="job_unreached"),
]

job_act_pages: list[URLPattern | URLResolver] = [
    path("prendi/", job_acts.take, name="job_take"),
    path("respingi/", job_acts.refuse_flow, name="job_refuse_flow"),
    path("prova/", job_acts.test, name="job_test"),
    path("accetta-controllo/", checks.accept, name="job_accept_check"),
    path("approva/", job_acts.approve, name="job_approve"),
    path("rifiuta/", job_acts.disapprove, name="job_disapprove"),
    path("avvia/", job_acts.start, name="job_start"),
    path("pausa/", job_acts.pause, name="job_pause"),
    path("riprendi/", job_acts.resume, name="job_resume"),
    path("ferma/", job_acts.stop, name="job_stop"),
    path("sostituzione/", job_acts.open_substitution, name="job_open_substitution"),
    path("chiudi-sostituzione/", job_acts.close_substitutions, name="job_close_substitutions"),
    path("ritira/", job_acts.withdraw_job, name="job_withdraw"),
]

layout_pages: list[URLPattern | URLResolver] = [
    path("", layouts.layouts, name="layouts"),
    path("guida/", layouts.layout_help, name="layout_help"),
    path("nuovo/", layouts.new_layout, name="layout_new"),
    path("di/<layout:layout>/", layouts.layout, name="layout"),
    path("di/<layout:layout>/validita/", layouts.validity, name="layout_validity"),
    path("di/<layout:layout>/pubblica/", layouts.publish, name="layout_publish"),
    path("di/<layout:layout>/ripristina/", layouts.restore, name="layout_restore"),
]

delivery_pages: list[URLPattern | URLResolver] = [
    path("", deliveries.deliveries, name="deliveries"),
    path("carica/", deliveries.upload, name="upload"),
    path("carica/file/", deliveries.upload_file, name="upload_file"),
    path("carica/inizia/", deliveries.upload_begin, name="upload_begin"),
    path("carica/<upload:upload>/", deliveries.upload_piece, name="upload_piece"),
    path("accessi/", sftp_access.access, name="sftp_access"),
    path("accessi/aggiungi/", sftp_access.account_add, name="sftp_account_add"),
    path("accessi/chiudi/", sftp_access.account_close, name="sftp_account_close"),
    path("accessi/riapri/", sftp_access.account_open, name="sftp_account_open"),
    path("accessi/chiave/", sftp_access.key_add, name="sftp_key_add"),
    path("accessi/chiave/togli/", sftp_access.key_remove, name="sftp_key_remove"),
    path("accessi/password/", sftp_access.password_new, name="sftp_password_new"),
    path("accessi/password/togli/", sftp_access.password_drop, name="sftp_password_drop"),
    path("accessi/sblocca/", sftp_access.unlock, name="sftp_unlock"),
    path("accessi/spazio/", sftp_access.quota, name="sftp_quota"),
]

contact_pages: list[URLPattern | URLResolver] = [
    path("", contacts.contacts, name="contacts"),
    path("file/", contact_files.contact_files, name="contact_files"),
    path("file/carica/", contact_files.upload, name="contact_upload"),
    path("file/<int:file_id>/", contact_files.contact_file, name="contact_file"),
    path("file/<int:file_id>/stato/", contact_files.state, name="contact_file_state"),
    path("file/<int:file_id>/scarti.csv", contact_files.rejects, name="contact_rejects"),
    path("file/<int:file_id>/applica/", contact_files.take, name="contact_take"),
    path("file/<int:file_id>/scarta/", contact_files.drop, name="contact_drop"),
    path("<int:customer_id>/", contacts.customer, name="customer"),
    path("<int:customer_id>/aggiungi/", contacts.add, name="contact_add"),
    path("<int:customer_id>/cambia/", contacts.change, name="contact_change"),
    path("<int:customer_id>/disattiva/", contacts.disable, name="contact_disable"),
    path("<int:customer_id>/riattiva/", contacts.enable, name="contact_enable"),
    path("<int:customer_id>/consenso/", contacts.consent, name="contact_consent"),
]

company_pages: list[URLPattern | URLResolver] = [
    path("", dashboard.dashboard, name="dashboard"),
    path("fatture/", bills.bills, name="bills"),
    path("fatture/<int:bill_id>/", bills.bill, name="bill"),
    path("fatture/<int:bill_id>/ritira/", bills.withdraw, name="bill_withdraw"),
    path("fatture/<int:bill_id>/pdf/", bills.bill_pdf, name="bill_pdf"),
    path("fatture/<int:bill_id>/<slug:kind>/<int:n>/", bills.bill_file, name="bill_file"),
    path("job/", jobs.jobs, name="jobs"),
    path("ticket/", tickets.tickets, name="tickets"),
    path("ticket/esporta.csv", tickets.tickets_csv, name="tickets_csv"),
    path("statistiche/", statistics.statistics, name="statistics"),
    path("impostazioni/tracciati/", include(layout_pages)),
    path("consegne/", include(delivery_pages)),
    path("contatti/", include(contact_pages)),
    path("job/<job:code>/", include([*job_pages, *job_act_pages])),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", dashboard.entrance, name="entrance"),
    path("accesso/", include(accounts)),
    path("<company:company>/", include(company_pages)),
]
