export type Urgency = 'calm' | 'half' | 'near' | 'late'

/** Calm, from 50 % of the time on `half`, from 80 % `near`, after it `late`. Times in ms. */
export function urgency(began: number, due: number, now: number): Urgency {
  if (now > due) return 'late'
  const used = due <= began ? 1 : (now - began) / (due - began)
  if (used >= 0.8) return 'near'
  return used >= 0.5 ? 'half' : 'calm'
}
