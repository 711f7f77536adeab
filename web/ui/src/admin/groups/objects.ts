export type MemberKind = 'post' | 'person' | 'unit'

/** A group as the lists and changes of `/groups` give it. */
export interface Group {
  id: string
  version: number
  unit: string
  name: string
  active: boolean
  members: number
}

/** One that a group lists, or could: of a post, who holds it and the deputy, by name. */
export interface Member {
  kind: MemberKind
  id: string
  name: string
  unit: string
  holder: string | null
  deputy: string | null
  active: boolean
}

export type GroupFull = Omit<Group, 'members'> & { members: Member[] }
