"""Italian words for what is stored as a code."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smartbill.apps.companies.models import Role, SettingsVersion
from smartbill.apps.tickets.models import UnreachedBill
from smartbill.core.contacts.sources import Source
from smartbill.core.flows.value import Level
from smartbill.core.ports.channels import Channel
from smartbill.core.ports.files import FileFault
from smartbill.core.states.batch import BatchKind, BatchState
from smartbill.core.states.contact_file import ContactFileState
from smartbill.core.states.job import Stage
from smartbill.core.states.message import Label, MessageState
from smartbill.core.wording import terms
from smartbill.core.wording.checks import ADVICE, NAMES

STAGES: dict[str, Promise] = {
    Stage.RECEIVED: _("Ricevuta"),
    Stage.READING: _("In lettura"),
    Stage.REFUSED: _("Rifiutata"),
    Stage.HELD: _("In attesa di decisione"),
    Stage.READY: _("Letta"),
    Stage.PUBLISHED: _("Pubblicata"),
    Stage.TESTING: _("Prova in corso"),
    Stage.TESTED: _("In attesa del benestare"),
    Stage.APPROVED: _("Pronta per l'invio"),
    Stage.SENDING: _("Invio in corso"),
    Stage.PAUSED: _("Invio in pausa"),
    Stage.DONE: _("Conclusa"),
    Stage.STOPPED: _("Invio interrotto"),
    Stage.WITHDRAWN: _("Ritirata"),
}

#: How a stage is coloured, beside its word.
TONES: dict[str, str] = {
    Stage.REFUSED: "bad",
    Stage.HELD: "wait",
    Stage.TESTED: "wait",
    Stage.APPROVED: "wait",
    Stage.SENDING: "live",
    Stage.READING: "live",
    Stage.TESTING: "live",
    Stage.PAUSED: "wait",
    Stage.DONE: "good",
    Stage.STOPPED: "bad",
    Stage.WITHDRAWN: "bad",
    Label.DLVRD: "good",
    Label.ERROR: "bad",
    Label.S2S: "bad",
    Label.TIMEOUT: "wait",
    MessageState.DELIVERED: "good",
    MessageState.READ: "good",
    MessageState.FAILED: "bad",
    MessageState.S2S_ERROR: "bad",
    Level.FILE: "bad",
    Level.DOCUMENT: "bad",
    Level.ROW: "bad",
    Level.WARNING: "wait",
    SettingsVersion.State.DRAFT: "wait",
    SettingsVersion.State.PUBLISHED: "good",
    ContactFileState.TAKEN: "good",
    ContactFileState.TAKING: "live",
    ContactFileState.WAITING: "wait",
    ContactFileState.DROPPED: "bad",
}

CHANNELS: dict[str, Promise | str] = {
    Channel.SMS: "SMS",
    Channel.WHATSAPP: "WhatsApp",
    Channel.EMAIL: _("E-mail"),
    Channel.PEC: "PEC",
}

#: The short word beside the code of a ticket's state.
LABELS: dict[str, Promise] = {
    Label.DLVRD: _("Consegnato"),
    Label.ERROR: _("Errore"),
    Label.TIMEOUT: _("Nessun esito"),
    Label.S2S: _("Errore S2S"),
    Label.PENDING: _("In attesa"),
}

#: The meaning of the delivery states, as the table of the statistics explains them.
MEANINGS: dict[str, dict[str, Promise]] = {
    Channel.SMS: {
        Label.DLVRD: _("SMS correttamente ricevuto"),
        Label.ERROR: _("Errore in invio dell'SMS"),
        Label.TIMEOUT: _("L'operatore non ha fornito informazioni sull'SMS entro le 48 ore"),
        Label.S2S: _("Errore intercettato prima dell'inoltro"),
        Label.PENDING: _("In attesa di esito"),
    },
    Channel.EMAIL: {
        Label.DLVRD: _("Messaggio correttamente ricevuto"),
        Label.ERROR: _("Errore in invio del messaggio"),
        Label.TIMEOUT: _("Nessuna informazione sul messaggio entro il tempo previsto"),
        Label.S2S: _("Errore intercettato prima dell'inoltro"),
        Label.PENDING: _("In attesa di esito"),
    },
}

MESSAGES: dict[str, Promise] = {
    MessageState.QUEUED: _("In coda"),
    MessageState.SUBMITTING: _("In consegna al fornitore"),
    MessageState.SUBMITTED: _("Preso in carico dal fornitore"),
    MessageState.SENT: _("Inviato"),
    MessageState.DELIVERED: _("Consegnato"),
    MessageState.READ: _("Letto"),
    MessageState.FAILED: _("Non consegnato"),
    MessageState.TIMED_OUT: _("Nessun esito"),
    MessageState.S2S_ERROR: _("Errore S2S"),
    MessageState.CANCELLED: _("Annullato"),
}

BATCH_KINDS: dict[str, Promise] = {
    BatchKind.TEST: _("Lotto di prova"),
    BatchKind.MASS: _("Invio massivo"),
    BatchKind.RESEND: _("Nuovo invio"),
    BatchKind.REMINDER: _("Sollecito"),
}

BATCHES: dict[str, Promise] = {
    BatchState.WAITING: _("In attesa di avvio"),
    BatchState.PREPARING: _("In preparazione"),
    BatchState.SENDING: _("In invio"),
    BatchState.PAUSED: _("In pausa"),
    BatchState.DONE: _("Concluso"),
    BatchState.STOPPED: _("Interrotto"),
}

LEVELS: dict[str, Promise] = {
    Level.FILE: _("File respinto"),
    Level.DOCUMENT: _("Documento rifiutato"),
    Level.ROW: _("Riga scartata"),
    Level.WARNING: _("Avviso"),
}

CHECKS: dict[str, Promise] = {check: _(name) for check, name in NAMES.items()}
CHECK_ADVICE: dict[str, Promise] = {check: _(text) for check, text in ADVICE.items()}

SOURCES: dict[str, Promise | str] = {
    "sftp": "SFTP",
    "command": _("riga di comando"),
    "page": _("pagina web"),
    "folder": _("cartella del server"),
    "again": _("lettura ripetuta"),
}

#: What became of files that opened no job.
FATES: dict[str, Promise] = {
    "waiting": _("In attesa di chi lo ha inviato"),
    "taken": _("Completato e ricevuto"),
    "removed": _("Tolto da chi lo ha inviato"),
    "expired": _("Eliminato: tempo scaduto"),
}

UPLOADS: dict[str, Promise] = {
    "open": _("Da riprendere"),
    "whole": _("In consegna"),
    "received": _("Ricevuto"),
    "refused": _("Rifiutato"),
    "cancelled": _("Annullato"),
    "expired": _("Eliminato: tempo scaduto"),
}

ENTRY_KINDS: dict[str, Promise | str] = {
    "flow": _("Flusso"),
    "xml": _("Fattura elettronica"),
    "pdf": "PDF",
    "contacts": _("Recapiti"),
    "ignored": _("Altro"),
}

FURTHER: dict[str, Promise] = {
    "waiting": _("in attesa del flusso"),
    "reading": _("in lettura"),
    "read": _("letto"),
    "refused": _("rifiutato"),
    "late": _("arrivato tardi"),
}

BILL_KINDS: dict[str, Promise] = {
    "invoice": _("Bolletta"),
    "credit_note": _("Nota di credito"),
    "debit_note": _("Nota di debito"),
    "notice": _("Avviso di pagamento"),
}

SERVICES: dict[str, Promise] = {service: _(name) for service, name in terms.SERVICES.items()}

#: What a line of a bill belongs to.
SECTIONS: dict[str, Promise] = {section: _(name) for section, name in terms.SECTIONS.items()}

QUALITIES: dict[str, Promise] = {quality: _(name) for quality, name in terms.QUALITIES.items()}

READING_KINDS: dict[str, Promise] = {kind: _(name) for kind, name in terms.READING_KINDS.items()}

METHODS: dict[str, Promise] = {method: _(name) for method, name in terms.METHODS.items()}

FILE_KINDS: dict[str, Promise | str] = {
    "pdf": "PDF",
    "made": _("PDF preparato da noi"),
    "einvoice": _("Fattura elettronica"),
    "attachment": _("Allegato della fattura elettronica"),
}

#: What the last check of a kept file found.
FILE_FAULTS: dict[str, Promise] = {
    "": _("integro"),
    FileFault.MISSING: _("mancante"),
    FileFault.ALTERED: _("alterato"),
}

#: Steps in the life of a job.
STEPS: dict[str, Promise] = {
    "received": _("Ricevuta"),
    "read": _("Letta"),
    "published": _("Pubblicata"),
    "tested": _("Prova"),
    "approved": _("Benestare"),
    "not_approved": _("Benestare rifiutato"),
    "sent": _("Invio"),
    "done": _("Conclusa"),
    "stopped": _("Invio interrotto"),
    "refused": _("Rifiutata"),
    "withdrawn": _("Ritirata"),
}

CONTACT_FILES: dict[str, Promise] = {
    ContactFileState.RECEIVED: _("In lettura"),
    ContactFileState.WAITING: _("In attesa di conferma"),
    ContactFileState.TAKING: _("Applicazione in corso"),
    ContactFileState.TAKEN: _("Applicato"),
    ContactFileState.REFUSED: _("Respinto"),
    ContactFileState.DROPPED: _("Scartato"),
    ContactFileState.WITH_JOB: _("Con la lavorazione"),
}

#: Who told a contact.
CONTACT_SOURCES: dict[str, Promise] = {
    Source.STAFF: _("personale"),
    Source.FLOW: _("flusso"),
    Source.JOB_CSV: _("file della lavorazione"),
    Source.PERIODIC: _("file dei recapiti"),
    Source.CUSTOMER: _("cliente"),
}

CONTACT_EVENTS: dict[str, Promise] = {
    "address": _("Recapito"),
    "disabled": _("Recapito disattivato"),
    "enabled": _("Recapito riattivato"),
    "consent": _("Consenso"),
    "channel": _("Canale preferito"),
    "language": _("Lingua"),
}

#: What the history of contacts keeps as a code.
CONTACT_VALUES: dict[str, Promise | str] = {
    "yes": _("sì"),
    "no": _("no"),
    "paper": _("posta"),
    **CHANNELS,
}

#: Why a bill got no ticket.
REASONS: dict[str, str] = dict(UnreachedBill.Reason.choices)

ROLES: dict[str, str] = dict(Role.choices)

#: What staff, the command line and the product itself did, as the audit's lines read.
ACTS: dict[str, Promise] = {
    "save_layout": _("Bozza di tracciato salvata"),
    "try_layout": _("Tracciato provato su un file"),
    "publish_layout": _("Tracciato pubblicato"),
    "layout_validity": _("Validità di un tracciato cambiata"),
    "restore_layout": _("Versione di tracciato ripresa"),
    "receive_drop": _("Flusso ricevuto"),
    "duplicate_drop": _("Flusso ricevuto un'altra volta"),
    "process_again": _("Flusso letto di nuovo"),
    "take_held": _("Lavorazione presa in carico"),
    "refuse_held": _("Lavorazione rifiutata"),
    "withdraw_job": _("Lavorazione ritirata"),
    "send_test_batch": _("Lotto di prova inviato"),
    "approve_job": _("Benestare dato"),
    "refuse_job": _("Benestare rifiutato"),
    "start_sending": _("Invio massivo avviato"),
    "pause_sending": _("Invio messo in pausa"),
    "resume_sending": _("Invio ripreso"),
    "stop_sending": _("Invio interrotto"),
    "open_bill": _("Fattura letta"),
    "expire_upload": _("Consegna incompleta eliminata"),
    "begin_upload": _("Caricamento iniziato"),
    "cancel_upload": _("Caricamento annullato"),
    "add_sftp_account": _("Accesso SFTP aggiunto"),
    "close_sftp_account": _("Accesso SFTP chiuso"),
    "open_sftp_account": _("Accesso SFTP riaperto"),
    "add_sftp_key": _("Chiave SFTP aggiunta"),
    "remove_sftp_key": _("Chiave SFTP tolta"),
    "new_sftp_password": _("Password SFTP cambiata"),
    "drop_sftp_password": _("Password SFTP tolta"),
    "lift_sftp_locks": _("Blocchi SFTP tolti"),
    "set_sftp_quota": _("Spazio SFTP cambiato"),
    "open_pdf": _("PDF aperto"),
    "open_einvoice": _("Fattura elettronica aperta"),
    "open_attachment": _("Allegato aperto"),
    "withdraw_bill": _("Bolletta ritirata"),
    "open_replacement": _("Sostituzione aperta"),
    "close_replacement": _("Sostituzione chiusa"),
    "list_refused": _("Documenti rifiutati letti"),
    "accept_check": _("Esito di un controllo accettato"),
    "list_checked": _("Bollette di un controllo lette"),
    "export_checked": _("Bollette di un controllo esportate"),
    "receive_contacts": _("File di recapiti ricevuto"),
    "duplicate_contacts": _("File di recapiti ricevuto un'altra volta"),
    "take_contacts": _("File di recapiti applicato"),
    "drop_contacts": _("File di recapiti scartato"),
    "export_rejects": _("Righe scartate scaricate"),
    "open_contact_file": _("File di recapiti letto"),
    "search_contacts": _("Ricerca contatti"),
    "open_customer": _("Contatti di un cliente letti"),
    "add_contact": _("Recapito aggiunto"),
    "change_contact": _("Recapito cambiato"),
    "disable_contact": _("Recapito disattivato"),
    "enable_contact": _("Recapito riattivato"),
    "say_consent": _("Consenso registrato"),
    "support_link": _("Collegamento per l'assistenza"),
    "add_company": _("Azienda aggiunta"),
    "add_staff": _("Addetto aggiunto"),
    "revoke_ticket": _("Collegamento annullato"),
    "search_bills": _("Ricerca fatture"),
    "list_trials": _("Messaggi di prova letti"),
    "list_unreached": _("Bollette senza recapito lette"),
    "search_tickets": _("Ricerca ticket"),
    "export_tickets": _("Ticket esportati"),
    "export_findings": _("Segnalazioni esportate"),
}

VERSIONS: dict[str, Promise] = {
    SettingsVersion.State.DRAFT: _("Bozza"),
    SettingsVersion.State.PUBLISHED: _("In uso"),
    SettingsVersion.State.RETIRED: _("Superata"),
}

LAYOUT_KINDS: dict[str, Promise | str] = {
    "fixed": _("posizioni fisse"),
    "delimited": _("colonne separate"),
    "xml": "XML",
}
