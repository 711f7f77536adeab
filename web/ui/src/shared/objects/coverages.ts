import type { By, Thing } from './thing'

export interface ChannelCount {
  planned: number
  sent: number
  delivered: number
  failed: number
  unknown: number
  /** Sent, and came back. Coverages told before there was such a count have none. */
  undelivered?: number
}

/** What a channel did in several townships together. */
export function summed(counts: readonly ChannelCount[]): ChannelCount {
  const all = { planned: 0, sent: 0, delivered: 0, failed: 0, unknown: 0, undelivered: 0 }
  for (const one of counts)
    for (const name of Object.keys(all) as (keyof typeof all)[]) all[name] += one[name] ?? 0
  return all
}

/** Whom it did not reach: what never left and what came back. */
export const missed = (count: Pick<ChannelCount, 'failed' | 'undelivered'>): number => count.failed + (count.undelivered ?? 0)

export interface Coverage extends Thing {
  alert: string
  name: string
  planned: number
  sent: number
  delivered: number
  answered: number
  failed: number
  unknown: number
  undelivered?: number
  responsible: { planned: number; answered: number }
  channels: Record<string, ChannelCount>
  first_answer: { by: By | string; at: string } | null
}
