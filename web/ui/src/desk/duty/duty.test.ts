import { describe, expect, it } from 'vitest'
import { emptyDraft, remarksFor, toSee, type Change, type Line, type Section } from './duty'

const line = (id: string, urgent: boolean): Line => ({ id, about: null, urgent, marked: false, remark: '', title: id, detail: '' })
const section = (name: string, ...lines: Line[]): Section => ({ name, title: name, empty: '', lines })
const change = (how: Change['how'], name: string, urgent: boolean): Change => ({ how, word: how, section: name, title: name, line: line('x', urgent) })

describe('a handover', () => {
  it('asks to see what is urgent, then or since, section by section', () => {
    const sections = [section('answers', line('a', true), line('b', true)), section('orders', line('c', false)), section('numbers')]
    expect(toSee(sections, [])).toEqual(['answers'])
    expect(toSee(sections, [change('new', 'orders', true), change('gone', 'numbers', true), change('changed', 'answers', true)])).toEqual(['answers', 'orders'])
  })

  it('sends remarks that say something, of lines that are there', () => {
    const remarks = { a: { marked: true, remark: '' }, b: { marked: false, remark: ' ' }, gone: { marked: true, remark: '催' } }
    const brief = { seq: 1, as_of: '', sections: [section('answers', line('a', true), line('b', false))] }
    expect(remarksFor({ ...emptyDraft(), remarks }, brief)).toEqual({ a: remarks.a })
  })
})
