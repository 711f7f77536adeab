import type { By, Thing } from './thing'

export interface ChannelCount {
  planned: number
  sent: number
  delivered: number
  failed: number
}

export interface Coverage extends Thing {
  alert: string
  name: string
  planned: number
  sent: number
  delivered: number
  answered: number
  failed: number
  unknown: number
  responsible: { planned: number; answered: number }
  channels: Record<string, ChannelCount>
  first_answer: { by: By | string; at: string } | null
}
