import type { Area, Point } from './geometry'
import type { By, Thing } from './thing'

export type Category = 'natural_disaster' | 'accident' | 'public_health' | 'social_security'
export type IncidentStatus =
  | 'reported' | 'responding' | 'controlled' | 'closed' | 'archived' | 'transferred' | 'merged' | 'unfounded'
export type Verification = 'unverified' | 'verified' | 'refuted'
export type Source =
  | 'phone' | 'hotline' | 'fax' | 'terminal' | 'sensor' | 'cap' | 'public' | 'email' | 'superior' | 'media' | 'other'
export type Grade = 'I' | 'II' | 'III' | 'IV'
export type TimePrecision = 'exact' | 'approximate' | 'unknown'
export type PlacePrecision = 'exact' | 'approximate' | 'division' | 'unknown'

export interface Figures {
  evacuated?: number | null
  trapped?: number | null
  missing?: number | null
  roads_cut?: number | null
  as_of: string
  by: By | null
}

export interface Incident extends Thing {
  number: string
  title: string
  category: Category
  code: string | null
  status: IncidentStatus
  verification: Verification
  grade: Grade | null
  source: Source
  occurred_at: string | null
  occurred_at_precision: TimePrecision
  reported_at: string
  logged_at: string
  logged_by: By
  division_code: string | null
  place: string | null
  location: Point | null
  location_precision: PlacePrecision
  description: string | null
  figures: Figures | null
  affected_area: Area | null
  acknowledged: { by: By; at: string } | null
  merged_into: string | null
  transferred_to: string | null
  reason: string | null
  status_at: string
  personal_digest?: string | null
  drill: boolean
}

export interface Note extends Thing {
  text: string
  by: By
  at: string
  corrects: string | null
  attachments: string[]
  figures: Figures | null
}

export interface Attachment extends Thing {
  name: string
  media_type: string
  size: number
  sha256: string
  by: By
  at: string
}
