/** What a wall knows about itself, kept in this browser. */

export interface WallSettings {
  token: string
  /** Width of the picture and distance of the farthest seat, in metres; null when never asked. */
  width_m: number | null
  farthest_m: number | null
}

export type Density = 'normal' | 'far'

const STORED = 'fengsui.wall'
/** The least type of each density, as a part of the picture's width (1920 px). */
const LEAST: Record<Density, number> = { normal: 28 / 1920, far: 42 / 1920 }
/** A Chinese character is read from this angle on: 16 minutes of arc. */
const CHARACTER_RAD = ((16 / 60) * Math.PI) / 180

/** How far the least type can be read, in metres. */
export const readable_m = (width_m: number, density: Density): number =>
  (width_m * LEAST[density]) / Math.tan(CHARACTER_RAD)

export function densityOf({ width_m, farthest_m }: Pick<WallSettings, 'width_m' | 'farthest_m'>): Density {
  if (width_m === null || farthest_m === null) return 'normal'
  return farthest_m <= readable_m(width_m, 'normal') ? 'normal' : 'far'
}

export function storedSettings(): WallSettings | null {
  const text = localStorage.getItem(STORED)
  if (text === null) return null
  try {
    return JSON.parse(text) as WallSettings
  } catch {
    return null
  }
}

export function storeSettings(settings: WallSettings): void {
  localStorage.setItem(STORED, JSON.stringify(settings))
}

/** A token in the address is taken over at once and struck from the address and the history. */
export function adoptToken(place: Location, history: History): void {
  const query = new URLSearchParams(place.search)
  const hash = new URLSearchParams(place.hash.replace(/^#/, ''))
  const token = hash.get('token') ?? query.get('token')
  if (token === null) return
  const known = storedSettings()
  storeSettings({ width_m: known?.width_m ?? null, farthest_m: known?.farthest_m ?? null, token })
  history.replaceState(null, '', place.pathname)
}
