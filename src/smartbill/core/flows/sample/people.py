"""Words for people, places and firms that plainly do not exist."""

from smartbill.core.flows.sample.identifiers import name_code

SURNAMES = (
    "Provetti", "Esempi", "Campioni", "Fittizi", "Modelli", "Ipotesi", "Inventati", "Supposti", "Saggi", "Bozzetti",
    "Schizzi", "Virtuali", "Immaginari", "Collaudi", "Verifiche", "Tentativi", "Simulati", "Abbozzi", "Maschere",
    "D’Esempio", "Apparenti", "Trascritti", "Figurati", "Nessuno",
)  # fmt: skip
MEN = ("Tizio", "Caio", "Sempronio", "Mario", "Luca", "Pietro", "Gino", "Ugo", "Bruno", "Dario", "Elio", "Fabio")
WOMEN = ("Tizia", "Caia", "Giulia", "Anna", "Nora", "Zoe", "Rita", "Ada", "Elsa", "Lidia", "Marta", "Niccolina")
GIVEN = tuple((name, woman) for names, woman in ((MEN, False), (WOMEN, True)) for name in names)
NAME_CODES = tuple(name_code(surname, given=False) for surname in SURNAMES)
GIVEN_CODES = tuple(name_code(name, given=True) for name, _ in GIVEN)
STREETS = (
    "Via delle Prove", "Via dei Campioni", "Piazza Esempio", "Viale del Collaudo", "Via Senza Nome", "Largo Bozza",
    "Contrada Ipotesi", "Vicolo Fittizio", "Corso dei Modelli", "Via dell’Abbozzo", "Strada Provvisoria",
)  # fmt: skip
TOWNS = (
    ("95991", "Borgo Esempio", "CT"), ("95992", "Castel Prova", "CT"), ("90993", "Villa Campione", "PA"),
    ("39994", "San Modello", "BZ"), ("37995", "Fittizia sul Garda", "VR"), ("70996", "Collaudo a Mare", "BA"),
    ("50997", "Poggio Ipotesi", "FI"), ("10998", "Rivabozza", "TO"), ("34999", "Nessunluogo", "TS"),
)  # fmt: skip
FIRMS = ("Officine", "Panificio", "Albergo", "Laboratorio", "Cartoleria", "Vivaio", "Trasporti", "Magazzini")
FIRM_NAMES = ("di Prova", "Fittizio", "dell’Esempio", "del Campione", "Senza Nome", "del Collaudo")
FOREIGN_LANGUAGES = ("ro", "sq", "en", "de", "ar", "uk", "fr", "es", "zh", "bn", "sl")
MOBILE_PREFIXES = ("33300", "32000", "34700", "36600", "38800", "39200")
