import type { Alert, Colour } from '@shared/objects/alerts'
import type { Rulebook } from '../rulebook/rulebook'

export const KINDS = ['warning', 'notice', 'evacuation'] as const satisfies readonly Alert['kind'][]
export const COLOURS = ['red', 'orange', 'yellow', 'blue'] as const satisfies readonly Colour[]
export const UNITS = ['county', 'township', 'department'] as const
export const APPROVERS = ['alert_reviewer', 'leader', 'commander'] as const

export interface Row {
  kind: (typeof KINDS)[number]
  events: string[]
  colours: Colour[]
  unit_kinds: (typeof UNITS)[number][]
  unit_names: string[]
  approvers: (typeof APPROVERS)[number][]
}

export interface Sender {
  sender: string
  name: string
  events: string[]
  colours: Colour[]
  signer: string
}

export interface Content {
  rows: Row[]
  senders: Sender[]
  vouched: boolean
}

export type AuthorityTable = Content & Rulebook

/** Words as they are typed into one field. */
export interface RowForm extends Omit<Row, 'events' | 'unit_names'> {
  events: string
  unit_names: string
}
export interface SenderForm extends Omit<Sender, 'events'> {
  events: string
}
export interface Form {
  rows: RowForm[]
  senders: SenderForm[]
  vouched: boolean
}

export const readWords = (text: string): string[] => [...new Set(text.split(/[\s,，、;；]+/).filter(Boolean))]
const typed = (words: readonly string[]) => words.join('，')

export const newRow = (): RowForm => ({ kind: 'notice', events: '', colours: [], unit_kinds: ['department'], unit_names: '', approvers: [...APPROVERS] })
export const newSender = (): SenderForm => ({ sender: '', name: '', events: '', colours: [], signer: '' })

export const formOf = ({ rows, senders, vouched }: Content): Form => ({
  rows: rows.map((row) => ({
    kind: row.kind, events: typed(row.events), colours: [...row.colours], unit_kinds: [...row.unit_kinds],
    unit_names: typed(row.unit_names), approvers: [...row.approvers],
  })),
  senders: senders.map((one) => ({ ...one, events: typed(one.events), colours: [...one.colours] })),
  vouched,
})

/** What is sent; null while a row allows nothing or a sender has no name. */
export function contentOf({ rows, senders, vouched }: Form): Content | null {
  const good =
    rows.every((row) => row.unit_kinds.length > 0 && row.approvers.length > 0 && (row.kind !== 'warning' || row.colours.length > 0)) &&
    rows.some((row) => row.kind === 'evacuation' && row.unit_kinds.includes('county') && readWords(row.events).length === 0) &&
    senders.every((one) => one.sender.replaceAll('*', '').trim() !== '' && one.name.trim() !== '')
  if (!good) return null
  return {
    rows: rows.map((row) => ({
      kind: row.kind, events: readWords(row.events), colours: row.kind === 'warning' ? [...row.colours] : [], unit_kinds: [...row.unit_kinds],
      unit_names: readWords(row.unit_names), approvers: [...row.approvers],
    })),
    senders: senders.map((one) => ({
      sender: one.sender.trim(), name: one.name.trim(), events: readWords(one.events), colours: [...one.colours], signer: one.signer.trim(),
    })),
    vouched,
  }
}
