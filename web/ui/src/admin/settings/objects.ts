/** What `GET /settings` gives: what runs now, and what was set for the next start. */
export interface Values {
  names: string[]
  addresses: string[]
  host: string
  port: number
  media_address: string[]
  media_port: number
  mail_from: string
  sms_text: 'short' | 'medium'
}

export interface Settings {
  in_force: Values
  next_start: Partial<Values>
  /** The data folder on the server. */
  data: string
}

export type Field = keyof Values

/** A list is typed with one entry a line; commas and blanks part them as well. */
export const asLines = (value: readonly string[]): string => value.join('\n')
export const readLines = (text: string): string[] => text.split(/[\s,，、;；]+/u).filter((part) => part !== '')

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The fingerprint in groups of four, as one reads it out over the telephone. */
export const grouped = (hex: string): string => (hex.toUpperCase().match(/.{1,4}/g) ?? []).join(' ')
