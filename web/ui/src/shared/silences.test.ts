import { describe, expect, it } from 'vitest'
import type { Silence } from './objects/silences'
import { silenceCounts, silenceSentence, standingSilences } from './silences'

const silence = (more: Partial<Silence> = {}): Silence => ({
  id: 'a', version: 1, unit: 'u', on_board: true, name: '西舍路镇', kind: 'township', since: '2026-11-20T19:12:00.000Z',
  raised_at: '2026-11-20T19:14:00.000Z', area: null, acknowledged: null, ended_at: null,
  counts: { sms: { gone: 8, of: 8 }, loudspeaker: { gone: 12, of: 13 }, terminal: { gone: 5, of: 6 } }, ...more,
})
const NOW = Date.parse('2026-11-20T19:30:00.000Z')

describe('silent areas', () => {
  it('are told with what is gone, in a fixed order', () => {
    expect(silenceSentence(silence(), NOW, 'zh')).toBe('西舍路镇 03:12 起失联：终端 6 台断 5 台，大喇叭 13 个断 12 个，短信 8 条送达 0 条')
    expect(silenceSentence(silence(), NOW, 'en')).toBe(
      '西舍路镇 has fallen silent since 03:12: 5 of 6 terminals lost, 12 of 13 loudspeakers lost, 0 of 8 SMS delivered',
    )
    expect(silenceCounts(silence({ counts: { call: { gone: 2, of: 2 } } }), 'zh')).toBe('电话 2 个打通 0 个')
  })

  it('come with those nobody has noted first', () => {
    const noted = silence({ id: 'noted', raised_at: '2026-11-20T19:20:00.000Z', acknowledged: { by: { id: 'x', name: 'x' }, at: '' } })
    const older = silence({ id: 'older', raised_at: '2026-11-20T18:00:00.000Z' })
    expect(standingSilences({ silences: { noted, older, a: silence() } }).map(({ id }) => id)).toEqual(['a', 'older', 'noted'])
  })
})
