import { number } from '@shared/time'
import type { DialectExport } from '../exchange/exports'

export type Outcome = 'shown' | 'taken' | 'copy' | 'kept' | 'refused'

/** A CAP message that came in. Of a refused one the sender, identifier, type and status are what it claims. */
export interface CapMessage {
  id: string
  at: string
  by: { kind?: string; id: string; name: string }
  sender: string
  identifier: string
  msg_type: string | null
  status: string | null
  size: number
  sha256: string
  signature: 'none' | 'valid' | 'unknown_signer' | 'invalid' | null
  signatures: { verdict: string; signer: string | null; detail: string }[]
  outcome: Outcome
  /** Why its alert is not acted on. */
  reasons: string[]
  /** Of its faults, each once. */
  codes: string[]
  /** What it made, or what it is a copy of. */
  alert: { id: string; headline: string } | null
}

export interface Fault {
  field: string
  code: string
  detail: string
}

/** A file that came with it in its archive; the description is the message's own of the resource it is. */
export interface Attachment {
  number: number
  name: string
  size: number
  description: string | null
}

export interface CapMessageFull extends CapMessage {
  faults: Fault[]
  archive: boolean
  attachments: Attachment[]
  /** Our receipts for it, and whether this reader may write one: it is the national platform's. */
  exports: DialectExport[]
  may_receipt: boolean
}

export interface Question {
  outcome: '' | 'kept' | 'refused'
  sender: string
  since: string | null
  until: string | null
}

export const nothingAsked = (asked: Question): boolean =>
  asked.outcome === '' && asked.sender.trim() === '' && asked.since === null && asked.until === null

/** 812 B, 4.2 KB, 1.3 MB */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${number(bytes)} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** What stood there, without the place said before it. */
export const stood = ({ field, detail }: Fault): string =>
  field !== '' && detail.startsWith(field) ? detail.slice(field.length).trim() : detail

/** Where a file with its bytes is, and one with an attachment's. */
export const fileOf = (id: string): string => `/api/v1/cap-messages/${id}.xml`
export const attachmentOf = (id: string, number: number): string => `/api/v1/cap-messages/${id}/attachments/${number}`
