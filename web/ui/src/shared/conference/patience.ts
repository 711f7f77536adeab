/** How long a connection, or another way for it, may take to stand before it is made anew. */

/** A relay behind a far line takes some ten round trips, and one that has a name may wait for servers of names first. */
const FIRST_MS = 4_000
const LONGEST_MS = 16_000

/** Twice as long after each new connection that never stood. */
export class Patience {
  private dials = 0
  private from = 0

  /** A connection is made anew. */
  dial(): void {
    this.dials += 1
  }

  /** Its offer, or one of another way for it, goes out. */
  begin(): void {
    this.from = performance.now()
  }

  /** It stands. */
  reward(): void {
    this.dials = 0
  }

  /** The offer was refused, which says nothing of the way: over after so many milliseconds. */
  endIn(ms: number): void {
    this.dials = 0
    this.from = performance.now() + ms - this.length
  }

  get isOver(): boolean {
    return performance.now() - this.from > this.length
  }

  private get length(): number {
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, this.dials - 1))
  }
}
