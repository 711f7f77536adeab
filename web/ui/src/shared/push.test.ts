import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem, type Api } from './api'
import { keyOctets, pushOff, pushOn, pushState, usePush } from './push'

const KEY = 'BDd3_hVL9fZi9Ybo2UUzA284WG5FZR30_95YeZJsiApwXKpNcF1rRPF3foIiBHXRdJI2Qhumhf6_LFTeZaNndIo'
const OTHER_KEY = KEY.replace('BDd3', 'BDd4')
const ENDPOINT = 'https://push.example/a'
/** SHA-256 of the endpoint, as the server names it. */
const NAME = '378f13c84514cc9b2fdf033f09eee9fe06789b7526df2a95bc6d38cf8f2b9a6a'

let server: { public_key: string | null; browsers: { id: string }[] }
let down: boolean
let held: { key: Uint8Array } | null
let refuses: DOMException | null
let answer: NotificationPermission
let scripts: string[]

const answered = <T>(value: T) => (down ? Promise.reject(new ApiProblem(0, 'client.network')) : Promise.resolve(value))
const api = {
  get: () => answered({ ...server }),
  put: () => answered(server.browsers.push({ id: NAME })),
  post: () => answered((server.browsers = [])),
} as unknown as Api

const subscription = () =>
  held && {
    endpoint: ENDPOINT,
    options: { applicationServerKey: held.key.buffer },
    toJSON: () => ({ endpoint: ENDPOINT, keys: { p256dh: 'p', auth: 'a' } }),
    unsubscribe: () => Promise.resolve((held = null)),
  }
const pushManager = {
  getSubscription: () => Promise.resolve(subscription()),
  subscribe: ({ applicationServerKey: key }: { applicationServerKey: Uint8Array }) => {
    if (refuses !== null) return Promise.reject(refuses)
    // As the Push API has it: one subscription of a worker, and of one key.
    if (held !== null && held.key.join() !== key.join()) return Promise.reject(new DOMException('', 'InvalidStateError'))
    held = { key }
    return Promise.resolve(subscription())
  },
}

beforeEach(() => {
  server = { public_key: KEY, browsers: [] }
  ;[down, held, refuses, answer, scripts] = [false, null, null, 'granted', []]
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('PushManager', vi.fn())
  vi.stubGlobal('Notification', { permission: 'default', requestPermission: () => Promise.resolve(answer) })
  vi.stubGlobal('navigator', {
    serviceWorker: {
      ready: Promise.resolve(),
      getRegistration: () => Promise.resolve({ pushManager }),
      register: (script: string) => Promise.resolve(scripts.push(script)).then(() => ({ pushManager })),
    },
  })
})
afterEach(() => vi.unstubAllGlobals())

describe('push to a browser', () => {
  it('is turned on and off, and opens the page where it was turned on', async () => {
    expect(await pushState(api)).toBe('off')
    expect(await pushOn(api, '/terminal')).toBe('on')
    expect(scripts).toEqual(['/push.js?page=/terminal'])
    expect(await pushState(api)).toBe('on')
    expect(await pushOff(api)).toBe('off')
    expect([held, server.browsers]).toEqual([null, []])
  })

  it('is another one’s who asked in this browser since, and that is left alone', async () => {
    held = { key: keyOctets(KEY) }
    expect(await pushState(api)).toBe('off')
    expect(await pushOff(api)).toBe('off')
    expect(held).not.toBeNull()
    expect(await pushOn(api, '/desk')).toBe('on')
  })

  it('has to be turned on again when the server has another key', async () => {
    held = { key: keyOctets(OTHER_KEY) }
    server.browsers = [{ id: NAME }]
    expect(await pushState(api)).toBe('off')
    expect(await pushOn(api, '/desk')).toBe('on')
    expect(held.key).toEqual(keyOctets(KEY))
  })

  it('ends in the browser also where the server cannot be told', async () => {
    held = { key: keyOctets(KEY) }
    down = true
    expect(await pushOff(api)).toBe('off')
    expect(held).toBeNull()
  })

  it('is not denied by whoever only looks away from the question', async () => {
    answer = 'default'
    expect(await pushOn(api, '/desk')).toBe('off')
    answer = 'denied'
    expect(await pushOn(api, '/desk')).toBe('denied')
  })

  it.each([
    ['SecurityError', 'untrusted'],
    ['AbortError', 'unreachable'],
  ])('says what a browser means by %s', async (name, trouble) => {
    refuses = new DOMException('', name)
    const push = usePush(api, '/terminal')
    await push.ask()
    await push.on()
    expect([push.state.value, push.trouble.value, push.busy.value]).toEqual(['off', trouble, false])
  })

  it('tells apart why it cannot be', async () => {
    vi.stubGlobal('Notification', { permission: 'denied' })
    expect(await pushState(api)).toBe('denied')
    vi.stubGlobal('navigator', {})
    expect(await pushState(api)).toBe('cannot')
    vi.stubGlobal('isSecureContext', false)
    expect(await pushState(api)).toBe('insecure')
    server.public_key = null
    expect(await pushState(api)).toBe('none')
  })
})
