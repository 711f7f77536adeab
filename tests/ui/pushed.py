"""A browser's push in tests: what its service would hand it, and what it then shows."""

from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.waiting import until

_SHOWN = """async () => {
  const registration = await navigator.serviceWorker.getRegistration('/')
  const found = (await registration?.getNotifications()) ?? []
  return found.map(({ title, body, tag, data }) => ({ title, body, tag, page: data.page }))
}"""
# What Chromium would get from its push service, which cannot be reached from a test; kept as it keeps it.
_SUBSCRIBED = """({ endpoint, keys }) => {
  const KEY = 'test.subscribed'
  const made = () => {
    const held = localStorage.getItem(KEY)
    if (held === null) return null
    const octets = Uint8Array.from(atob(held.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
    return {
      endpoint,
      options: { applicationServerKey: octets.buffer },
      toJSON: () => ({ endpoint, keys }),
      unsubscribe: async () => { localStorage.removeItem(KEY); return true },
    }
  }
  PushManager.prototype.getSubscription = async () => made()
  PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
    localStorage.setItem(KEY, btoa(String.fromCharCode(...key)))
    return made()
  }
}"""


def subscribes(context: BrowserContext, endpoint: str, keys: dict[str, str]) -> None:
    """Let the browser's push service give every page of a profile this subscription; from the next page on."""
    given = f"{{ endpoint: {endpoint!r}, keys: {keys!r} }}"
    context.add_init_script(f"({_SUBSCRIBED})({given})")


def deliver(page: Page, origin: str, data: str) -> None:
    """Hand a message to the page's service worker, as the browser does when its push service brings one."""
    found: list[str] = []

    def seen(event: dict[str, Any]) -> None:
        found.extend(one["registrationId"] for one in event["registrations"])

    session = page.context.new_cdp_session(page)
    session.on("ServiceWorker.workerRegistrationUpdated", seen)
    session.send("ServiceWorker.enable")
    until(lambda: page.evaluate("1") and found)
    session.send("ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": found[-1], "data": data})


def shows(page: Page, *messages: dict[str, str]) -> None:
    """Wait until these are the browser's notifications; `page` of a message is what a press on it opens."""
    until(lambda: page.evaluate(_SHOWN) == list(messages), why=lambda: page.evaluate(_SHOWN))
