/** Where labels go: beside their marker, on the first of four sides and four corners that is free. Pure; sizes in CSS px. */

export interface LabelWish {
  text: string
  /** Position of the marker, its reach, and the size of the text. */
  x: number
  y: number
  reach: number
  width: number
  height: number
  important: boolean
}

export interface PlacedLabel {
  wish: LabelWish
  /** Left end and vertical middle of the text. */
  x: number
  y: number
}

type Box = readonly [left: number, top: number, right: number, bottom: number]

const overlap = (a: Box, b: Box): boolean => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]

function candidates(wish: LabelWish): PlacedLabel[] {
  const gap = wish.height * 0.22
  const side = wish.reach + gap
  const beside = { right: wish.x + side, left: wish.x - side - wish.width, middle: wish.x - wish.width / 2 }
  const below = wish.y + wish.reach + gap / 2 + wish.height / 2
  const above = wish.y - wish.reach - gap / 2 - wish.height / 2
  return [
    { wish, x: beside.right, y: wish.y },
    { wish, x: beside.middle, y: below },
    { wish, x: beside.left, y: wish.y },
    { wish, x: beside.middle, y: above },
    ...[below, above].flatMap((y) => [wish.x, wish.x - wish.width].map((x) => ({ wish, x, y }))),
  ]
}

const boxOf = ({ wish, x, y }: PlacedLabel): Box => [x, y - wish.height / 2, x + wish.width, y + wish.height / 2]

/**
 * Important wishes first, then in the given order. A label that fits nowhere is left out, unless it is
 * important: then it stands below its marker. `taken` are the boxes of markers that no label may cover.
 */
export function placeLabels(
  wishes: readonly LabelWish[],
  taken: readonly Box[],
  width: number,
  height: number,
): PlacedLabel[] {
  const used: Box[] = [...taken]
  const placed: PlacedLabel[] = []
  const inside = (b: Box) => b[0] >= 0 && b[1] >= 0 && b[2] <= width && b[3] <= height
  for (const wish of [...wishes].sort((a, b) => Number(b.important) - Number(a.important))) {
    const options = candidates(wish)
    const free = options.find((o) => inside(boxOf(o)) && !used.some((u) => overlap(u, boxOf(o))))
    const chosen = free ?? (wish.important ? options[1] : undefined)
    if (chosen === undefined) continue
    used.push(boxOf(chosen))
    placed.push(chosen)
  }
  return placed
}
