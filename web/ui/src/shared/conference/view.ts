/** What the bridge is told of the slots on the screen: whom each shows, how high its tile is, nothing more often than needed. */

import { heightInSteps } from '../simulcast'

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
  /** Another site was placed in a slot, and the bridge does not know it yet. */
  private urgent = false
  private hidden = false
  private settleTimer = 0
  private hiddenTimer = 0
  private readonly look = () => this.watchVisibility()

  constructor(private readonly send: (message: object) => void) {
    document.addEventListener('visibilitychange', this.look)
  }

  /** `heights` in device pixels by slot; 0 = not visible, null or missing = not known. `pinned` slots go first on a thin link. */
  set(slots: readonly (string | null)[], heights: readonly (number | null)[], pinned: readonly boolean[] = []): void {
    this.urgent ||= slots.length !== this.slots.length || slots.some((one, place) => one !== this.slots[place])
    this.slots = [...slots]
    this.pinned = [...pinned]
    this.heights = heights.map((height) => (height === null ? null : heightInSteps(height)))
    window.clearTimeout(this.settleTimer)
    const unmeasured = heights.length > 0 && slots.some((slot, place) => slot !== null && (heights[place] ?? null) === null)
    if (this.urgent && !unmeasured) this.tell()
    else this.settleTimer = window.setTimeout(() => this.tell(), this.urgent ? PLACED_AFTER_MS : SETTLED_AFTER_MS)
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

  private tell(): void {
    const heights = this.hidden ? this.slots.map(() => 0) : this.heights
    const held = this.pinned.includes(true) ? { pinned: this.pinned } : {}
    const message = { type: 'view', slots: this.slots, heights, ...held }
    const text = JSON.stringify(message)
    if (text === this.told) return
    this.told = text
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
