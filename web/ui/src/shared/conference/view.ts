/** What the bridge is told of the slots on the screen: whom each shows, how high its tile is, nothing more often than needed. */

import { heightInSteps } from '../simulcast'
import { paced, resting, seenSlots, UNHURRIED, type Decoding } from './pace'

/** What the page is told of a device that is too slow: how many pictures move at most, and which sites' rest for it. */
export interface Rest {
  most: number
  /** Whether even the one that moves is sent smaller than its tile. */
  smaller: boolean
  sites: ReadonlySet<string>
}

const SETTLED_AFTER_MS = 150
/** A tile that was just placed is measured in the next picture of the page. */
const PLACED_AFTER_MS = 50
/** A page in the background sees nothing; a short look elsewhere does not stop the pictures. */
const HIDDEN_AFTER_MS = 3_000

export class SlotView {
  private slots: readonly (string | null)[] = []
  private heights: readonly (number | null)[] = []
  private pinned: readonly boolean[] = []
  private told = ''
  /** The sites of which the bridge knows that nobody sees them. */
  private unseen: ReadonlySet<string | null> = new Set()
  /** Another site was placed in a slot, and the bridge does not know it yet. */
  private urgent = false
  private hidden = false
  private pace = UNHURRIED
  private resting: ReadonlySet<number> = new Set()
  private lastSpeaker: string | null = null
  private rested = ''
  private settleTimer = 0
  private hiddenTimer = 0
  private readonly look = () => this.watchVisibility()

  constructor(
    private readonly send: (message: object) => void,
    private readonly rests: (rest: Rest | null) => void,
  ) {
    document.addEventListener('visibilitychange', this.look)
  }

  /** `heights` in device pixels by slot; 0 = not visible, null or missing = not known. `pinned` slots go first on a thin link. */
  set(slots: readonly (string | null)[], heights: readonly (number | null)[], pinned: readonly boolean[] = []): void {
    this.urgent ||= slots.length !== this.slots.length || slots.some((one, place) => one !== this.slots[place])
    this.slots = [...slots]
    this.pinned = [...pinned]
    this.heights = heights.map((height) => (height === null ? null : heightInSteps(height)))
    this.choose()
    window.clearTimeout(this.settleTimer)
    if (this.urgent && !this.isUnmeasured) this.tell()
    else this.settleTimer = window.setTimeout(() => this.tell(), this.urgent ? PLACED_AFTER_MS : SETTLED_AFTER_MS)
  }

  /** Whether the height of a tile is not known yet: one that has just gone may stand elsewhere in the next picture of the page. */
  private get isUnmeasured(): boolean {
    const { slots, heights, unseen } = this
    if (heights.length === 0) return false
    return slots.some((site, slot) => site !== null && ((heights[slot] ?? null) === null || (heights[slot] === 0 && !unseen.has(site))))
  }

  /** Ask for fewer pictures where they are not decoded in time, and for more after calm; whether fewer come now than are wanted. */
  decoded(seen: Decoding): boolean {
    if (!document.hidden) {
      const { slots, heights } = this
      const moving = seenSlots({ slots, heights }).length - this.resting.size
      const pace = paced(this.pace, seen, moving, slots.length, performance.now())
      const changed = pace.most !== this.pace.most || pace.lines !== this.pace.lines
      this.pace = pace
      if (changed) {
        this.choose()
        this.tell()
      }
    }
    return this.rested !== ''
  }

  /** Whoever spoke last keeps a moving picture before others of the same size. */
  heard(speaker: string | null): void {
    if (speaker === null || speaker === this.lastSpeaker) return
    this.lastSpeaker = speaker
    if (this.resting.size === 0) return
    this.choose()
    this.tell()
  }

  /** Say it again: a node that was restarted knows nothing of it. */
  again(): void {
    this.told = ''
    this.tell()
  }

  close(): void {
    window.clearTimeout(this.settleTimer)
    window.clearTimeout(this.hiddenTimer)
    document.removeEventListener('visibilitychange', this.look)
  }

  /** Which slots rest, and how much the others are. */
  private choose(): void {
    const { slots, heights, pinned, lastSpeaker, pace } = this
    this.resting = resting({ slots, heights, pinned, speaker: lastSpeaker }, pace.most, this.resting)
    const sites = [...this.resting].map((slot) => slots[slot] ?? '')
    const bites = pace.most !== null && (sites.length > 0 || pace.lines !== null)
    const text = bites ? [pace.most, pace.lines, ...sites].join() : ''
    if (text === this.rested) return
    this.rested = text
    this.rests(bites && pace.most !== null ? { most: pace.most, smaller: pace.lines !== null, sites: new Set(sites) } : null)
  }

  /** How high each picture should be. */
  private get lines(): readonly (number | null)[] {
    const { lines } = this.pace
    if (this.hidden) return this.slots.map(() => 0)
    return lines === null ? this.heights : this.slots.map((_, slot) => Math.min(this.heights[slot] ?? Infinity, lines))
  }

  private tell(): void {
    const slots = this.slots.map((site, slot) => (this.resting.has(slot) ? null : site))
    const held = this.pinned.includes(true) ? { pinned: this.pinned } : {}
    const message = { type: 'view', slots, heights: this.lines, ...held }
    const text = JSON.stringify(message)
    if (text === this.told) return
    this.told = text
    this.unseen = new Set(this.slots.filter((_, slot) => this.heights[slot] === 0))
    this.urgent = false
    this.send(message)
  }

  private watchVisibility(): void {
    window.clearTimeout(this.hiddenTimer)
    if (document.hidden) {
      this.hiddenTimer = window.setTimeout(() => this.become(true), HIDDEN_AFTER_MS)
    } else this.become(false)
  }

  private become(hidden: boolean): void {
    this.hidden = hidden
    this.tell()
  }
}
