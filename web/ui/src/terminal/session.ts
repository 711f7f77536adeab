import { shallowRef, type ShallowRef } from 'vue'
import { Api, ApiProblem, problem } from '@shared/api'
import type { Terminal } from '@shared/objects/terminals'
import { readStored, writeStored } from './stored'

export interface Me {
  actor: { kind: 'user' | 'terminal'; id: string; name: string }
  unit: string
  roles: { role: string; unit: string }[]
  rights: string[]
  must_change_password: boolean
  /** The own state of a device. */
  terminal?: Terminal
}

export type Stage =
  | { at: 'asking' }
  | { at: 'login'; problem: ApiProblem | null }
  | { at: 'password'; me: Me }
  | { at: 'in'; me: Me }
  | { at: 'unreachable' }

export interface Credentials {
  username: string
  password: string
  totp?: string
}

const TOKEN = 'fengsui.terminal.token'
const AGAIN_MS = 3_000

export function storedToken(): string | null {
  const token = readStored(TOKEN)
  return typeof token === 'string' ? token : null
}

/** Take the device token out of `#token=…` at once, so that it stands neither in the address nor in the history. */
export function adoptToken(where: Pick<Location, 'hash' | 'pathname'>, past: Pick<History, 'replaceState'>): boolean {
  const token = new URLSearchParams(where.hash.slice(1)).get('token')?.trim()
  if (!token) return false
  writeStored(TOKEN, token)
  past.replaceState(null, '', where.pathname)
  return true
}

/**
 * Who works with this page: the meeting place's own device, which holds a token, or a person who logged in
 * (the cookie holds that session). A device token goes before a person's cookie.
 */
export class Session {
  readonly stage: ShallowRef<Stage> = shallowRef({ at: 'asking' })
  readonly api = new Api(() => this.token)
  private token = storedToken()

  get isDevice(): boolean {
    return this.token !== null
  }

  async ask(): Promise<void> {
    try {
      this.admit(await this.api.get<Me>('/me'))
    } catch (error) {
      const failure = problem(error)
      if (failure.status === 401) this.stage.value = { at: 'login', problem: this.isDevice ? failure : null }
      else this.askLater()
    }
  }

  /** @throws ApiProblem when the server does not let the person in. */
  async login(credentials: Credentials): Promise<void> {
    this.token = null
    await this.api.post('/session', credentials)
    writeStored(TOKEN, null)
    this.admit(await this.api.get<Me>('/me'))
  }

  /** @throws ApiProblem when the server does not know the token. */
  async useToken(token: string): Promise<void> {
    const me = await new Api(() => token).get<Me>('/me')
    writeStored(TOKEN, token)
    this.token = token
    this.admit(me)
  }

  /** @throws ApiProblem when the new password is refused. */
  async changePassword(old: string, fresh: string): Promise<void> {
    await this.api.post('/me/password', { old, new: fresh })
    await this.ask()
  }

  /** A person logs out; a device forgets its token. This browser is pushed to no longer. */
  async leave(): Promise<void> {
    await import('@shared/push').then(({ pushOff }) => pushOff(this.api)).catch(() => null)
    if (this.isDevice) {
      writeStored(TOKEN, null)
      this.token = null
    } else {
      await this.api.delete('/session').catch((error: unknown) => {
        if (problem(error).status !== 401) throw error
      })
    }
    this.stage.value = { at: 'login', problem: null }
  }

  /** The server no longer knows this session or token. */
  expired(code: string): void {
    this.stage.value = { at: 'login', problem: new ApiProblem(401, code) }
  }

  private askLater(): void {
    this.stage.value = { at: 'unreachable' }
    window.setTimeout(() => void this.ask(), AGAIN_MS)
  }

  private admit(me: Me): void {
    this.stage.value = me.must_change_password ? { at: 'password', me } : { at: 'in', me }
  }
}
