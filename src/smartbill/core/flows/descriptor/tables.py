"""The tables of a descriptor that stand before its records: [layout], [files], [encoding], [delimited], [formats.…]."""

import re

from smartbill.core.flows.descriptor.formats import date_format
from smartbill.core.flows.descriptor.keys import CODECS, CREDIT_SIGNS, FORMAT_TYPES, KINDS, SIGNS, Descriptor, Place
from smartbill.core.flows.descriptor.notes import Notes
from smartbill.core.flows.layouts import FATTURAPA, STABO

MAX_TYPE = 10
RESERVED = (STABO, FATTURAPA, "stabo")


def check_tables(descriptor: Descriptor, mistakes: list[str]) -> None:
    """Mistakes in the tables that stand before the records."""
    keys = descriptor.layout
    notes = Notes(mistakes, "[layout]")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", keys.id, re.ASCII):
        notes.add("da 1 a 40 tra lettere, cifre, punto, - e _", "id")
    if keys.id in RESERVED:
        notes.add(f"«{keys.id}» è il nome di un formato del prodotto", "id")
    if keys.kind not in KINDS:
        notes.add(f"«{keys.kind}» non esiste; sono ammessi: {', '.join(KINDS)}", "kind")
    if keys.credit_sign not in CREDIT_SIGNS:
        notes.add(f"sono ammessi: {', '.join(CREDIT_SIGNS)}", "credit_sign")
    if not 0 <= keys.skip_lines <= 1_000:
        notes.add("da 0 a 1000", "skip_lines")
    if not 0 <= keys.record_length <= 16_384:
        notes.add("da 0 a 16384", "record_length")
    if keys.match not in {"local-name"}:
        notes.add("è ammesso solo local-name", "match")
    if wrong := set(keys.unwrap) - {"base64", "p7m"}:
        notes.add(f"«{min(wrong)}» non esiste; sono ammessi: base64, p7m", "unwrap")
    _record_type(descriptor, keys.record_type, notes)
    _files_and_encoding(descriptor, mistakes)
    _delimited(descriptor, mistakes)
    if not descriptor.records:
        mistakes.append("Manca almeno una tabella [[record]].")


def _record_type(descriptor: Descriptor, place: Place | None, notes: Notes) -> None:
    types = {record.type for record in descriptor.records}
    if descriptor.layout.kind == "xml":
        if place is not None:
            notes.add("non vale per i tracciati «xml»", "record_type")
    elif place is None:
        if len(types) > 1:
            notes.add("serve, perché ci sono più tipi di record: { pos, len } oppure { field }", "record_type")
    elif place.field:
        if place.pos or place.len or descriptor.layout.kind != "delimited" or not 1 <= place.field <= 1_000:
            notes.add("{ field = n } vale da solo, per i tracciati «delimited»", "record_type")
    elif place.pos < 1 or not 1 <= place.len <= MAX_TYPE:
        notes.add(f"serve {{ pos, len }}, con pos da 1 e len da 1 a {MAX_TYPE}, oppure {{ field = n }}", "record_type")


def _files_and_encoding(descriptor: Descriptor, mistakes: list[str]) -> None:
    files, encoding = descriptor.files, descriptor.encoding
    notes = Notes(mistakes, "[files]")
    if len(files.match) > 20 or any(not 1 <= len(each) <= 100 or "/" in each for each in files.match):
        notes.add("fino a 20 modelli di nomi di file, senza cartelle", "match")
    if descriptor.layout.kind != "xml" and files.max_files not in {None, 1}:
        notes.add("per i tracciati «fixed» e «delimited» un archivio ha un solo file di flusso: 1", "max_files")
    if files.max_files is not None and files.max_files < 0:
        notes.add("0 = quanti si vuole", "max_files")
    notes = Notes(mistakes, "[encoding]")
    if not encoding.candidates or (wrong := [each for each in encoding.candidates if each.lower() not in CODECS]):
        told = f"«{wrong[0]}» non esiste; " if encoding.candidates else ""
        notes.add(f"{told}sono ammesse: {', '.join(CODECS)}", "candidates")
    if not encoding.newlines or set(encoding.newlines) - {"crlf", "lf"}:
        notes.add("sono ammessi: crlf, lf", "newlines")
    if encoding.final_newline not in {"optional", "required", "none"}:
        notes.add("sono ammessi: optional, required, none", "final_newline")
    if any(len(each) != 1 for each in encoding.forbid):
        notes.add("serve un elenco di singoli caratteri", "forbid")


def _delimited(descriptor: Descriptor, mistakes: list[str]) -> None:
    keys = descriptor.delimited
    notes = Notes(mistakes, "[delimited]")
    if descriptor.layout.kind != "delimited":
        return
    if len(keys.separator) != 1 or keys.separator.isalnum() or keys.separator in "\r\n":
        notes.add("serve un solo segno, né lettera né cifra (tabulazione: \\t)", "separator")
    if len(keys.quote) > 1 or keys.quote == keys.separator or keys.quote in {"\n", "\r"} or keys.quote.isalnum():
        notes.add("serve un solo segno diverso dal separatore, o niente", "quote")
    if keys.extra_fields not in {"error", "ignore"}:
        notes.add("sono ammessi: error, ignore", "extra_fields")
    if keys.missing_trailing_fields not in {"empty", "error"}:
        notes.add("sono ammessi: empty, error", "missing_trailing_fields")


def check_formats(descriptor: Descriptor, mistakes: list[str]) -> None:
    """Mistakes in the tables [formats.…] themselves."""
    for name, keys in descriptor.formats.items():
        notes = Notes(mistakes, f"[formats.{name}]")
        if keys.type not in FORMAT_TYPES:
            notes.add(f"«{keys.type}» non esiste; sono ammessi: {', '.join(FORMAT_TYPES)}", "type")
            continue
        if not 0 <= keys.decimals <= 8:
            notes.add("da 0 a 8", "decimals")
        if keys.sign not in SIGNS:
            notes.add(f"«{keys.sign}» non esiste; sono ammessi: {', '.join(SIGNS)}", "sign")
        if keys.sign_blank not in {"", "plus"}:
            notes.add("è ammesso solo «plus»", "sign_blank")
        for key, chars in (("decimal_char", keys.decimal_char), ("thousands_char", keys.thousands_char)):
            if len(chars) > 1 or chars.isalnum() or chars in {"+", "-"}:
                notes.add("serve un solo segno, né lettera né cifra", key)
        if keys.type == "decimal" and keys.decimal_char == keys.thousands_char:
            notes.add("non può essere uguale a «decimal_char»", "thousands_char")
        if keys.type in {"date", "datetime"}:
            try:
                date_format(keys)
            except ValueError:
                notes.add("serve una forma come ddmmyyyy, yyyymmdd, dd/mm/yyyy (ora: hhmmss)", "pattern")
