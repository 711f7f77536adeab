import { describe, expect, it } from 'vitest'
import { troubleOf } from './devices'
import { levelOf } from '@shared/meter'
import { fitted } from './photo'
import { adoptToken, storedToken } from './session'
import { themeAt } from './theme'

describe('why a device cannot be had', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'absent'],
    ['OverconstrainedError', 'absent'],
    ['NotReadableError', 'busy'],
    ['TypeError', 'failed'],
  ])('%s is %s', (name, trouble) => {
    expect(troubleOf(new DOMException('', name))).toBe(trouble)
  })
})

describe('the level of a microphone', () => {
  it('is 0 in silence, 1 at full drive, and rises between', () => {
    const wave = (peak: number) => Float32Array.from({ length: 1024 }, (_, n) => peak * Math.sin(n / 7))
    expect(levelOf(new Float32Array(1024))).toBe(0)
    expect(levelOf(wave(1.5))).toBe(1)
    expect(levelOf(wave(0.01))).toBeGreaterThan(0.2)
    expect(levelOf(wave(0.1))).toBeGreaterThan(levelOf(wave(0.01)))
  })
})

describe('a photo', () => {
  it('keeps its shape, is made smaller, and never larger', () => {
    expect(fitted(4000, 3000)).toEqual({ width: 1600, height: 1200 })
    expect(fitted(800, 600)).toEqual({ width: 800, height: 600 })
  })
})

describe('the device token', () => {
  it('leaves the address at once and is kept', () => {
    const addresses: string[] = []
    const past = { replaceState: (_: unknown, __: string, url?: string | URL | null) => addresses.push(String(url)) }
    expect(adoptToken({ hash: '#token=abc_DEF-123', pathname: '/terminal' }, past)).toBe(true)
    expect(addresses).toEqual(['/terminal'])
    expect(storedToken()).toBe('abc_DEF-123')
    expect(adoptToken({ hash: '', pathname: '/terminal' }, past)).toBe(false)
  })
})

describe('day and night', () => {
  it('follow the hour in Beijing', () => {
    expect(themeAt(Date.parse('2026-11-20T06:00:00Z'))).toBe('light')
    expect(themeAt(Date.parse('2026-11-20T11:30:00Z'))).toBe('dark')
    expect(themeAt(Date.parse('2026-11-19T23:30:00Z'))).toBe('light')
  })
})
