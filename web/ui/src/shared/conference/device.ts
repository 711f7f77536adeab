/** How many pictures a device takes: said before the offer, since the slots of a connection are fixed. See docs/adr/layers.md. */

export interface Device {
  cores: number
  /** GiB, of which browsers tell no more than eight or so; undefined where they tell nothing. */
  memory: number | undefined
  /** The screen in CSS pixels. */
  width: number
  height: number
}

/** What a kind of device takes at least and at most, and how many for each core. */
interface Share {
  least: number
  most: number
  each: number
}

const PHONE: Share = { least: 2, most: 4, each: 1 }
const COMPUTER: Share = { least: 4, most: 9, each: 2 }
const WALL: Share = { least: 16, most: 25, each: 8 }
/** A screen is a phone's where its shorter side is below this. */
const PHONE_BELOW = 600
/** A terminal's small pictures stand two in a row beside the large one: what a row takes of the screen, and what all else does. */
const ROW = 114
const AROUND_ROWS = 270

/** How many pictures a page asks for on this device. A wall has room for all, a terminal for as many as its rows. */
export function picturesFor(page: 'terminal' | 'wall', device: Device): number {
  if (page === 'wall') return within(WALL, device)
  if (Math.min(device.width, device.height) < PHONE_BELOW) return within(PHONE, device)
  const rows = Math.floor((device.height - AROUND_ROWS) / ROW)
  return within({ ...COMPUTER, most: Math.min(COMPUTER.most, 2 * rows) }, device)
}

/** Whatever is scarcer, cores or memory, decides: a GiB counts as a core. */
function within({ least, most, each }: Share, { cores, memory }: Device): number {
  return Math.max(least, Math.min(most, Math.floor(each * Math.min(cores, memory ?? cores))))
}

/** The same on the device of this page. */
export function picturesHere(page: 'terminal' | 'wall'): number {
  const { hardwareConcurrency, deviceMemory } = navigator as Navigator & { deviceMemory?: number }
  return picturesFor(page, { cores: hardwareConcurrency, memory: deviceMemory, width: screen.width, height: screen.height })
}
