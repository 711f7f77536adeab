import type { Api } from '@shared/api'

interface Offered {
  /** What a browser subscribes with; null where the server has no push service. */
  public_key: string | null
  browsers: number
}

/** `none`: the server offers none; `cannot`: this browser, or its page, is not able to. */
export type PushState = 'none' | 'cannot' | 'denied' | 'off' | 'on'

const WORKER = '/push.js'
const able = () => 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window

/** The key as the octets that browsers of all makes take. */
export function keyOctets(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(text, (one) => one.charCodeAt(0))
}

async function own(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration('/')
  return (await worker?.pushManager.getSubscription()) ?? null
}

export async function pushState(api: Api): Promise<PushState> {
  const { public_key: key } = await api.get<Offered>('/me/push')
  if (key === null) return 'none'
  if (!able()) return 'cannot'
  if (Notification.permission === 'denied') return 'denied'
  return (await own()) === null ? 'off' : 'on'
}

/** Ask the reader, subscribe this browser, tell the server. Only from a press: browsers ask nobody otherwise. */
export async function pushOn(api: Api): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return 'denied'
  const { public_key: key } = await api.get<Offered>('/me/push')
  if (key === null) return 'none'
  const worker = await navigator.serviceWorker.register(WORKER)
  await navigator.serviceWorker.ready
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyOctets(key) })
  const { endpoint, keys } = made.toJSON()
  await api.put('/me/push', { endpoint, keys: { p256dh: keys?.['p256dh'], auth: keys?.['auth'] } })
  return 'on'
}

/** The server forgets this browser first: what it would still send is then nobody's. */
export async function pushOff(api: Api): Promise<PushState> {
  const found = await own()
  if (found !== null) {
    await api.post('/me/push/off', { endpoint: found.endpoint })
    await found.unsubscribe()
  }
  return 'off'
}
