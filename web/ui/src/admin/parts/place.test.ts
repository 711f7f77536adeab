import { describe, expect, it } from 'vitest'
import { pair, readPlace, samePlace } from './place'

describe('a position as it is typed', () => {
  it('is none when both fields are empty, and unreadable when one is', () => {
    expect(readPlace({ lon: '', lat: ' ' })).toBeNull()
    expect(readPlace({ lon: '101', lat: '' })).toBeUndefined()
  })

  it.each([['181', '0'], ['0', '91'], ['east', '24']])('is refused: %s, %s', (lon, lat) => {
    expect(readPlace({ lon, lat })).toBeUndefined()
  })

  it('is a GeoJSON point, longitude first', () => {
    expect(readPlace({ lon: '101.02', lat: '24.75' })).toEqual({ type: 'Point', coordinates: [101.02, 24.75] })
  })

  it.each(['101.02, 24.75', '101.02，24.75', ' 101.02 24.75 '])('is taken apart when pasted whole: %s', (text) => {
    expect(pair(text)).toEqual({ lon: '101.02', lat: '24.75' })
  })

  it('is not taken apart while it is one number', () => {
    expect(pair('101.02')).toBeNull()
  })

  it('is the same by its numbers', () => {
    expect(samePlace({ type: 'Point', coordinates: [1, 2] }, { type: 'Point', coordinates: [1, 2] })).toBe(true)
    expect(samePlace(null, { type: 'Point', coordinates: [1, 2] })).toBe(false)
  })
})
