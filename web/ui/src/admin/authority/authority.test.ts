import { describe, expect, it } from 'vitest'
import { contentOf, formOf, newRow, newSender, type Content } from './authority'

const table: Content = {
  rows: [
    { kind: 'warning', events: ['暴雨', '大风'], colours: ['red'], unit_kinds: ['department'], unit_names: ['气象局'], approvers: ['leader'] },
    { kind: 'evacuation', events: [], colours: [], unit_kinds: ['county'], unit_names: [], approvers: ['leader'] },
  ],
  senders: [{ sender: 'station.example', name: '气象台', events: [], colours: ['red'], signer: '' }],
  vouched: false,
}

describe('a table of authority in the form', () => {
  it('comes back as it went in', () => {
    expect(contentOf(formOf(table))).toEqual(table)
  })

  it('is not sent while a row allows nothing, or a sender is everybody', () => {
    const form = formOf(table)
    expect(contentOf({ ...form, rows: [...form.rows, { ...newRow(), approvers: [] }] })).toBeNull()
    expect(contentOf({ ...form, rows: [...form.rows, { ...newRow(), kind: 'warning' }] })).toBeNull()
    expect(contentOf({ ...form, senders: [{ ...newSender(), sender: '*', name: 'x' }] })).toBeNull()
    expect(contentOf({ ...form, senders: [newSender()] })).toBeNull()
    expect(contentOf({ ...form, rows: [...form.rows, newRow()] })).not.toBeNull()
  })

  it('keeps somebody who can order people away from anything', () => {
    const form = formOf(table)
    expect(contentOf({ ...form, rows: form.rows.slice(0, 1) })).toBeNull()
    expect(contentOf({ ...form, rows: form.rows.map((row) => ({ ...row, events: '山洪' })) })).toBeNull()
  })

  it('colours are a warning’s alone', () => {
    const form = formOf(table)
    expect(contentOf({ ...form, rows: [{ ...newRow(), colours: ['red'] }, ...form.rows] })?.rows[0]?.colours).toEqual([])
  })
})
