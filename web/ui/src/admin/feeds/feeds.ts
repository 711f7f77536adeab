export interface Feed {
  id: string
  version: number
  name: string
  url: string
  interval_s: number
  on: boolean
  silent: boolean
  heard_at: string
  tried_at: string | null
  failures: number
  taken: number
  error: string
}

export type FeedState = 'stopped' | 'silent' | 'failing' | 'waiting' | 'ok'

export function stateOf(feed: Feed): FeedState {
  if (!feed.on) return 'stopped'
  if (feed.silent) return 'silent'
  if (feed.failures > 0) return 'failing'
  return feed.tried_at === null ? 'waiting' : 'ok'
}

export interface FeedForm {
  name: string
  url: string
  interval: string
}

/** What is sent; null while something typed is not right. */
export function bodyOf(form: FeedForm, on: boolean): Record<string, unknown> | null {
  const interval_s = Number(form.interval)
  const sound = /^https?:\/\/[^\s/]/.test(form.url.trim()) && Number.isInteger(interval_s) && interval_s >= 15 && interval_s <= 86_400
  return sound && form.name.trim() !== '' ? { name: form.name.trim(), url: form.url.trim(), interval_s, on } : null
}
