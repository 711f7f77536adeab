import type { By } from '@shared/objects/thing'

/** A message in the national platform's form: what was issued, or our receipt for one that came in. */
export interface DialectExport {
  id: string
  message: string
  sender_code: string
  identifier: string
  msg_type: 'Alert' | 'Update' | 'Cancel' | 'Ack' | 'Error'
  at: string
  by: By | null
  /** Our identifiers of what it refers to and what never went out. */
  missing: string[]
}

/** Somebody else's Ack or Error to a message of ours, which it names by `identifier`. */
export interface CapReceipt {
  id: string
  message: string
  identifier: string
  sender: string
  accepted: boolean
  note: string
  at: string
}

/** Where the file is: the XML, or an archive of the same name with it. */
export const exportFile = (id: string, ending: 'xml' | 'zip'): string => `/api/v1/cn-dialect/${id}.${ending}`

/** `listed` with those written since, each once, in the order they were first written. */
export function withMade(listed: readonly DialectExport[], made: readonly DialectExport[]): DialectExport[] {
  const rows = new Map(listed.map((one) => [one.id, one]))
  for (const one of made) rows.set(one.id, one)
  return [...rows.values()]
}
