"""Who fetches a page: programs that look at links before or instead of people, and families of browsers.

The table is data: a sign in the User-Agent, in lower case, and the family that is kept. Programs come first, so that
one which also calls itself a browser is taken for what it is.
"""

import re

from msgspec import Struct

#: Programs that fetch links by themselves and show or keep what they find: previews of messengers, scanners of mail
#: gateways, crawlers. They get a page without the bill.
PREVIEWS: tuple[tuple[str, str], ...] = (
    ("whatsapp/", "WhatsApp"),
    ("facebookexternalhit", "Facebook"),
    ("facebot", "Facebook"),
    ("meta-externalagent", "Meta"),
    ("telegrambot", "Telegram"),
    ("slackbot", "Slack"),
    ("slack-imgproxy", "Slack"),
    ("twitterbot", "Twitter"),
    ("discordbot", "Discord"),
    ("linkedinbot", "LinkedIn"),
    ("viber", "Viber"),
    ("signal-", "Signal"),
    ("skypeuripreview", "Skype"),
    ("microsoft teams", "Teams"),
    ("googlebot", "Google"),
    ("google-messages", "Google Messages"),
    ("googlemessages", "Google Messages"),
    ("google-read-aloud", "Google"),
    ("googleimageproxy", "Gmail"),
    ("google-safety", "Google"),
    ("google-inspectiontool", "Google"),
    ("apis-google", "Google"),
    ("feedfetcher-google", "Google"),
    ("yahoomailproxy", "Yahoo"),
    ("yahoo! slurp", "Yahoo"),
    ("bingbot", "Bing"),
    ("bingpreview", "Bing"),
    ("adidxbot", "Bing"),
    ("safelinks", "SafeLinks"),
    ("microsoft office existence", "Office"),
    ("microsoft office protocol", "Office"),
    ("ms-office", "Office"),
    ("microsoft url control", "Microsoft"),
    ("microsoftpreview", "Microsoft"),
    ("barracuda", "Barracuda"),
    ("mimecast", "Mimecast"),
    ("proofpoint", "Proofpoint"),
    ("urldefense", "Proofpoint"),
    ("fortiguard", "Fortinet"),
    ("fortimail", "Fortinet"),
    ("forcepoint", "Forcepoint"),
    ("trendmicro", "Trend Micro"),
    ("trend micro", "Trend Micro"),
    ("sophos", "Sophos"),
    ("symantec", "Symantec"),
    ("messagelabs", "Symantec"),
    ("cloudmark", "Cloudmark"),
    ("ironport", "Cisco"),
    ("talosintelligence", "Cisco"),
    ("fireeye", "FireEye"),
    ("virustotal", "VirusTotal"),
    ("urlscan", "urlscan"),
    ("paloalto", "Palo Alto"),
    ("palo alto", "Palo Alto"),
    ("applebot", "Apple"),
    ("duckduckbot", "DuckDuckGo"),
    ("yandex", "Yandex"),
    ("baiduspider", "Baidu"),
    ("pinterestbot", "Pinterest"),
    ("redditbot", "Reddit"),
    ("mastodon/", "Mastodon"),
    ("iframely", "Iframely"),
    ("embedly", "Embedly"),
    ("gptbot", "OpenAI"),
    ("claudebot", "Anthropic"),
    ("ahrefsbot", "Ahrefs"),
    ("semrushbot", "Semrush"),
)

#: Programs that somebody runs on purpose.
PROGRAMS: tuple[tuple[str, str], ...] = (
    ("headlesschrome", "HeadlessChrome"),
    ("phantomjs", "PhantomJS"),
    ("lighthouse", "Lighthouse"),
    ("curl/", "curl"),
    ("wget", "Wget"),
    ("libwww", "libwww"),
    ("python-requests", "Python"),
    ("python-urllib", "Python"),
    ("python-httpx", "Python"),
    ("aiohttp", "Python"),
    ("go-http-client", "Go"),
    ("apache-httpclient", "Java"),
    ("okhttp", "OkHttp"),
    ("java/", "Java"),
    ("axios/", "Node"),
    ("node-fetch", "Node"),
    ("undici", "Node"),
    ("guzzlehttp", "PHP"),
    ("postmanruntime", "Postman"),
    ("uptimerobot", "UptimeRobot"),
    ("pingdom", "Pingdom"),
)

#: Words by which programs that are not in the table usually say what they are (CUBOT makes phones).
_PROGRAM_WORDS = re.compile(r"(?<!cu)bot[/;)]|crawler|spider|preview|scanner|monitoring")

_BROWSERS: tuple[tuple[str, str], ...] = (
    ("fban/", "Facebook (app)"),
    ("fbav/", "Facebook (app)"),
    ("instagram", "Instagram (app)"),
    ("samsungbrowser", "Samsung Internet"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("opt/", "Opera"),
    ("crios", "Chrome"),
    ("fxios", "Firefox"),
    ("firefox", "Firefox"),
    ("huaweibrowser", "Huawei"),
    ("miuibrowser", "Xiaomi"),
    ("duckduckgo", "DuckDuckGo"),
    ("gsa/", "Google (app)"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)


class Agent(Struct, frozen=True):
    """What is kept of a User-Agent: its family, never the header."""

    family: str
    machine: bool
    preview: bool = False  # looks at links by itself: is shown nothing personal


def known_agent(user_agent: str) -> Agent:
    """Who this is. Whoever does not say who they are is no browser that a person uses."""
    text = user_agent[:1000].lower()
    if not text.strip():
        return Agent("senza nome", machine=True)
    for sign, family in PREVIEWS:
        if sign in text:
            return Agent(family, machine=True, preview=True)
    for sign, family in PROGRAMS:
        if sign in text:
            return Agent(family, machine=True)
    if _PROGRAM_WORDS.search(text):
        return Agent("altro programma", machine=True, preview=True)
    for sign, family in _BROWSERS:
        if sign in text:
            return Agent(family, machine=False)
    return Agent("altro", machine=False)
