/* Shows what a push message says while no page of ours is open; loaded by the browser, never by a page. */
self.addEventListener('push', (event) => {
  let said = {}
  try {
    said = event.data ? event.data.json() : {}
  } catch {
    said = { body: event.data.text() }
  }
  const { title = '烽燧', body = '', tag, url = '/desk' } = said
  event.waitUntil(self.registration.showNotification(title, { body, tag, renotify: tag !== undefined, requireInteraction: true, data: { url } }))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const { url } = event.notification.data
  event.waitUntil(
    self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then((pages) => {
      const open = pages.find((page) => new URL(page.url).pathname === url)
      return open ? open.focus() : self.clients.openWindow(url)
    }),
  )
})
