const DAY_MS = 86_400_000

export type TrustState = 'valid' | 'not_yet' | 'ending' | 'ended' | 'unreadable'

/** A certificate whose signatures count, or a file in its folder that holds none. */
export interface Trusted {
  file: string
  /** The authority that this server made for itself. */
  own: boolean
  state: TrustState
  fault: 'name' | 'unopened' | 'no_certificate' | null
  subject?: string
  issuer?: string
  sha256?: string
  valid_from?: string
  valid_until?: string
  /** Who is listed under “Authority” with this signer. */
  authorities?: string[]
}

export interface TrustStore {
  folder: string
  items: Trusted[]
}

/** Days until a certificate ends, the one begun among them. */
export const daysLeft = (until: string, now: number): number => Math.max(0, Math.ceil((Date.parse(until) - now) / DAY_MS))
