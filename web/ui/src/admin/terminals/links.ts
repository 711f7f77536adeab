import type { TerminalKind } from '@shared/objects/terminals'

/** What `GET /settings` says of addresses, as far as links need it. */
export interface Reach {
  names: readonly string[]
  addresses: readonly string[]
  port: number
}

const bracket = (address: string): string => (address.includes(':') ? `[${address}]` : address)

/**
 * The origins under which terminals can reach this server: the names and addresses of its certificate, then the one
 * this page was opened with. Loopback comes last: it is no other machine's.
 */
export function originsOf(reach: Reach | null, here: Pick<Location, 'origin' | 'protocol'>): string[] {
  const set = [...(reach?.names ?? []), ...(reach?.addresses ?? []).map(bracket)].map(
    (host) => new URL(`${here.protocol}//${host}:${reach?.port ?? 443}`).origin,
  )
  const all = [...new Set([...set, here.origin])]
  return all.sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)))
}

export const isLoopback = (origin: string): boolean => /^(localhost|127\.|\[::1\])/.test(new URL(origin).host)

/** Where a terminal opens with its token; null for kinds without a page. */
export function linkOf(origin: string, kind: TerminalKind, token: string): string | null {
  if (kind === 'wall') return `${origin}/wall#token=${token}`
  return kind === 'browser' || kind === 'phone' ? `${origin}/terminal#token=${token}` : null
}

export const commandOf = (origin: string, token: string): string => `fengsui terminal --server ${origin} --token ${token} --auto-answer`
