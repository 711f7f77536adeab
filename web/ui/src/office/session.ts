import { ApiProblem, problem, type Api } from '@shared/api'
import { ownBrowser } from '@shared/push'
import { shallowRef, type ShallowRef } from 'vue'
import type { Me } from './answers'

export type Stage =
  | { at: 'asking' }
  | { at: 'login'; problem: ApiProblem | null }
  | { at: 'password'; me: Me }
  | { at: 'desk'; me: Me }
  | { at: 'unreachable'; problem: ApiProblem }

export interface Credentials {
  username: string
  password: string
  totp?: string
}

/** Who sits at the desk: the stages from asking the server to the open desk. The cookie holds the session. */
export class Session {
  readonly stage: ShallowRef<Stage> = shallowRef({ at: 'asking' })

  constructor(private readonly api: Api) {}

  async ask(): Promise<void> {
    try {
      this.admit(await this.api.get<Me>('/me'))
    } catch (error) {
      const failure = problem(error)
      this.stage.value =
        failure.status === 401 ? { at: 'login', problem: null } : { at: 'unreachable', problem: failure }
    }
  }

  /** @throws ApiProblem when the server does not let the user in. */
  async login(credentials: Credentials): Promise<void> {
    await this.api.post('/session', credentials)
    this.admit(await this.api.get<Me>('/me'))
  }

  /** @throws ApiProblem when the new password is refused. */
  async changePassword(old: string, fresh: string): Promise<void> {
    // The other browsers are pushed nothing any more; this one's reader is who changes the password.
    const browser = await ownBrowser()
    await this.api.post('/me/password', { old, new: fresh, ...(browser !== null && { browser }) })
    await this.ask()
  }

  async logout(): Promise<void> {
    await this.api.delete('/session').catch((error: unknown) => {
      if (problem(error).status !== 401) throw error
    })
    this.stage.value = { at: 'login', problem: null }
  }

  /** The server no longer knows this session: ask for the log-in, keep whatever the page holds. */
  expired(code: string): void {
    this.stage.value = { at: 'login', problem: new ApiProblem(401, code) }
  }

  private admit(me: Me): void {
    this.stage.value = me.must_change_password ? { at: 'password', me } : { at: 'desk', me }
  }
}
