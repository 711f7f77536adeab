import type { Board } from '@shared/objects/board'

/** Whether anything on the board is a sample; the foot of the wall then says so for the whole picture. */
export function hasSamples(board: Board): boolean {
  const things: { sample: boolean }[] = [board.terminals, board.resources, board.units].flatMap((c) => Object.values<{ sample: boolean }>(c))
  return things.some((thing) => thing.sample)
}

/** A name without its mark of a sample: there is no room to say it at each name, and the foot says it. */
export const bare = (text: string): string => text.replaceAll('（示例）', '')
