import { shallowRef } from 'vue'
import { describe, expect, it } from 'vitest'
import type { Press, Sent } from './outbox'
import { standingOf, type Own } from './safety'

const press = (answer: string, at: string, about = 'c'): Press => ({
  about, what: `${answer}${at}`, path: `/safety-checks/${about}/replies`, body: { answer }, pressed_at: at, silent: false,
})
const box = (waiting: Press[], sent: Press[]) => ({
  waiting: shallowRef<readonly Press[]>(waiting),
  sent: shallowRef<readonly Sent[]>(sent.map((one) => ({ press: one, at: one.pressed_at }))),
})
const own: Own = { check: 'c', answer: null, people: null }

describe('how somebody stands in a safety check', () => {
  it('is what the server told until a key is pressed', () => {
    expect(standingOf({ ...own, answer: 'safe' }, box([], []))).toEqual({ answer: 'safe', at: null, waiting: false })
    expect(standingOf(own, box([press('safe', '1', 'other')], []))).toEqual({ answer: null, at: null, waiting: false })
  })

  it('is the last press, which waits while there is no line', () => {
    expect(standingOf(own, box([press('needs_help', '2')], [press('safe', '1')]))).toEqual({ answer: 'needs_help', at: '2', waiting: true })
    expect(standingOf(own, box([], [press('needs_help', '2'), press('safe', '3')]))).toEqual({ answer: 'safe', at: '3', waiting: false })
  })
})
