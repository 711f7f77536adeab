/* Shows what a push message says while no page of ours is open; loaded by the browser, never by a page. */

/** Which page a message opens: that in which it was turned on. */
const PAGE = new URLSearchParams(self.location.search).get('page') ?? '/desk'

self.addEventListener('push', (event) => {
  let said = {}
  try {
    said = event.data ? event.data.json() : {}
  } catch {
    said = { body: event.data.text() }
  }
  const { title = '烽燧', body = '', tag } = said
  event.waitUntil(self.registration.showNotification(title, { body, tag, renotify: tag !== undefined, requireInteraction: true, data: { page: PAGE } }))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const { page } = event.notification.data
  event.waitUntil(
    self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then((pages) => {
      const open = pages.find((one) => new URL(one.url).pathname === page)
      return open ? open.focus() : self.clients.openWindow(page)
    }),
  )
})
