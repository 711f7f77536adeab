/** What this browser keeps for the page. Storage may be closed to it: then everything lasts as long as the page. */

const memory = new Map<string, string>()

export function readStored(key: string): unknown {
  let text: string | null
  try {
    text = localStorage.getItem(key)
  } catch {
    text = memory.get(key) ?? null
  }
  if (text === null) return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null // written by nobody we know
  }
}

/** Keep a value; null forgets it. */
export function writeStored(key: string, value: unknown): void {
  const text = JSON.stringify(value)
  memory.set(key, text)
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, text)
  } catch {
    // memory has it
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
