import { ref, shallowRef } from 'vue'
import { problem as problemOf, type Api, type ApiProblem } from './api'

interface Offered {
  /** What a browser subscribes with; null where the server has no push service. */
  public_key: string | null
  /** The reader's browsers, the latest first. */
  browsers: PushBrowser[]
}

export interface PushBrowser {
  /** The SHA-256 of its endpoint, hex. */
  id: string
  /** What it called itself: `Chrome, Android`; empty where it said nothing known. */
  agent: string
  at: string
}

/** `none`: the server offers none; `insecure`: the page is not encrypted; `cannot`: this browser is not able to. */
export type PushState = 'none' | 'insecure' | 'cannot' | 'denied' | 'off' | 'on'
/** What the browser says that is no refusal by its reader. */
export type PushTrouble = 'untrusted' | 'unreachable'

const WORKER = '/push.js'
const able = () => 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window

/** The key as the octets that browsers of all makes take. */
export function keyOctets(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(text, (one) => one.charCodeAt(0))
}

const offered = (api: Api) => api.get<Offered>('/me/push')

async function own(): Promise<PushSubscription | null> {
  if (!able()) return null
  const worker = await navigator.serviceWorker.getRegistration('/')
  return (await worker?.pushManager.getSubscription()) ?? null
}

/** Whether a subscription takes what is sent with this key: with another one the push service refuses it. */
function takes(found: PushSubscription, key: string): boolean {
  const held = new Uint8Array(found.options.applicationServerKey ?? new ArrayBuffer(0))
  return held.join() === keyOctets(key).join()
}

async function nameOf(found: PushSubscription): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(found.endpoint))
  return [...new Uint8Array(hash)].map((octet) => octet.toString(16).padStart(2, '0')).join('')
}

/** The id of this browser where it has a subscription, whosever that is. */
export async function ownBrowser(): Promise<string | null> {
  if (!window.isSecureContext) return null
  const found = await own()
  return found === null ? null : nameOf(found)
}

/** Whether the server tells this browser of the reader's warnings: another one may have asked in it since. */
async function isTold(found: PushSubscription, { browsers }: Offered): Promise<boolean> {
  const name = await nameOf(found)
  return browsers.some(({ id }) => id === name)
}

export async function pushState(api: Api): Promise<PushState> {
  const server = await offered(api)
  if (server.public_key === null) return 'none'
  if (!window.isSecureContext) return 'insecure'
  if (!able()) return 'cannot'
  if (Notification.permission === 'denied') return 'denied'
  const found = await own()
  return found !== null && takes(found, server.public_key) && (await isTold(found, server)) ? 'on' : 'off'
}

/** Ask the reader, subscribe this browser, tell the server; a press on a message opens `page`. Only from a press: browsers ask nobody otherwise. */
export async function pushOn(api: Api, page: string): Promise<PushState> {
  const answer = await Notification.requestPermission()
  if (answer !== 'granted') return answer === 'denied' ? 'denied' : 'off'
  const { public_key: key } = await offered(api)
  if (key === null) return 'none'
  const before = await own()
  if (before !== null && !takes(before, key)) await before.unsubscribe()
  const worker = await navigator.serviceWorker.register(`${WORKER}?page=${page}`)
  await navigator.serviceWorker.ready
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyOctets(key) })
  const { endpoint, keys } = made.toJSON()
  await api.put('/me/push', { endpoint, keys: { p256dh: keys?.['p256dh'], auth: keys?.['auth'] } })
  return 'on'
}

/** This browser shows nothing more. A server that cannot be told so hears it from the push service when it next sends. */
export async function pushOff(api: Api): Promise<PushState> {
  const found = await own()
  if (found === null) return 'off'
  try {
    if (!(await isTold(found, await offered(api)))) return 'off'
    await api.post('/me/push/off', { endpoint: found.endpoint })
  } catch (error) {
    problemOf(error)
  }
  await found.unsubscribe()
  return 'off'
}

export function troubleOf(error: DOMException): PushTrouble {
  return error.name === 'SecurityError' ? 'untrusted' : 'unreachable'
}

/** What a page shows of it; `state` is null until it is known. A press on a message opens `page`. */
export function usePush(api: Api, page: '/desk' | '/terminal') {
  const state = ref<PushState | null>(null)
  const trouble = ref<PushTrouble | null>(null)
  const problem = shallowRef<ApiProblem | null>(null)
  const busy = ref(false)

  async function act(what: Promise<PushState>): Promise<void> {
    busy.value = true
    trouble.value = problem.value = null
    try {
      state.value = await what
    } catch (error) {
      // A browser that cannot reach its push service, or does not trust the page, says so by an error of its own.
      if (error instanceof DOMException) trouble.value = troubleOf(error)
      else problem.value = problemOf(error)
    } finally {
      busy.value = false
    }
  }
  return {
    state,
    trouble,
    problem,
    busy,
    ask: () => act(pushState(api)),
    on: () => act(pushOn(api, page)),
    off: () => act(pushOff(api)),
  }
}
