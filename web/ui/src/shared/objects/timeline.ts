export interface Actor {
  kind: 'user' | 'terminal' | 'feed' | 'system'
  id: string | null
  name: string
}

/** What an entry changed: each key names a type, each value the object's full public state. */
export type Body = Record<string, unknown>

export interface Entry {
  seq: number
  id: string
  at: string
  unit: string
  shared: string[]
  actor: Actor
  incident: string | null
  kind: string
  body: Body
  prev_hash: string
  hash: string
}
