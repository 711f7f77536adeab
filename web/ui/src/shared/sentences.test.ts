import { describe, expect, it } from 'vitest'
import kinds from './kinds.json'
import type { Board } from './objects/board'
import type { Entry } from './objects/timeline'
import { forTheHall, sentence } from './sentences'

const entry = (kind: string, body: Entry['body'], name = '值班员 甲'): Entry => ({
  seq: 1, id: 'e', at: '2026-11-20T06:03:11.042Z', unit: 'u', shared: [], actor: { kind: 'user', id: 'p', name },
  incident: null, kind, body, prev_hash: '', hash: '',
})

const all = Object.entries(kinds).flatMap(([type, states]) => states.split(' ').map((s) => `${type}.${s}`))

const body = {
  incident: { id: 'i', title: '西舍路镇山洪', source: 'phone', reason: null },
  note: { id: 'n', text: '水位上涨', corrects: null },
  task: { id: 't', title: '抢通公路', to_unit_name: '中山镇', deadline_at: '2026-11-20T07:30:00Z', reason: '桥断了' },
  meeting: { id: 'm', title: '山洪会商', broadcast: null, layout: null },
  site: { id: 's', name: '树苴乡', reason: null, rung: 2, unseen_by: ['t'] },
  alert: { id: 'a', headline: '暴雨红色预警', source: '市气象台', people: 42118, returned: null },
  obligation: {
    id: 'o', name: '西舍路村', doing: { whom: 'holder', name: '责任人 1', outcome: 'busy' }, visit: { found: true },
    answered: { by: { id: 'p', name: '责任人 1' }, whom: 'deputy' },
  },
  media_node: { id: 'media-2', away_since: null, draining: true, stage: 'open', overflows_since: null, nodes: 2 },
  overflow: { datagrams: 812 },
  evacuation: { id: 'v', title: '沿河转移', reason: null },
  evacuation_point: { id: 'w', name: '滑坡甲', households: [{ household: 'h', number: 7, people: 3, status: 'moved' }] },
  safety_check: { id: 'f', place: '三街镇', asks: [{ people: 42 }], townships: [] },
  safety_reply: { id: 'g', place: '西舍路村' },
  evacuation_step: { id: 'x', household: 'h' },
  number: { id: 'p', name: '责任人 1' },
  number_check: { id: 'k', people: 12 },
  silence: { id: 'q', name: '西舍路镇', since: '2026-11-20T06:00:00Z', ended_at: null, counts: { terminal: { gone: 5, of: 6 } } },
  ledger_fault: { id: 'f', alert: 'a', headline: '山洪红色预警', drill: false, act: 'issue', channel: 'sms', counts: { planned: 100, pending: 0, sent: 99, failed: 0, unknown: 0 }, since: '2026-11-20T06:00:00Z', acknowledged: null, ended_at: null },
  gateway: { id: 'l', channel: 'sms', name: 'county@10.0.0.8:2775', on_board: true, away_since: '2026-11-20T06:00:00Z', back_at: null, workers: ['a/one'] },
  handover: { id: 'd', former: { id: 'p', name: '值班员 甲' }, to: { id: 'q', name: '值班员 乙' }, reason: '甲请病假' },
  webhook: { id: 'r', name: '防汛群' },
  group: { id: 'u', name: '学校校长' },
  member: { id: 'v', name: '校长 1' },
  hazard_point: { id: 'y', name: '滑坡甲' },
  household: { id: 'h', number: 7 },
  line: { way: 'down', tier: 'stills', former: '180p', why: 'thin' },
  countersign: { id: 'n', alert: 'a', headline: '山洪红色预警', document: '示例〔2026〕7 号', reason: '范围过大' },
  cap_receipt: { id: 'q', sender: '省平台', note: '编码不对' },
  dialect_export: { id: 'z', answers: '53230141600000' },
  coverage: { id: 'c', alert: 'a', name: '三街镇', delivered: 5, planned: 7 },
}

describe('sentences', () => {
  it('name the rungs of the ladder that did not last, with their times', () => {
    const rungs = [{ tier: '360p', at: '2026-11-19T19:12:04Z' }, { tier: '180p', at: '2026-11-19T19:12:06Z' }]
    const line = { way: 'down', tier: '180p', former: '720p', why: 'thin', rungs }
    const told = (lang: 'zh' | 'en') => sentence(entry('meeting.weakened', { ...body, line }), null, lang).text
    expect(told('zh')).toContain('（720p → 360p 03:12:04 → 180p 03:12:06）')
    expect(told('en')).toContain('(720p → 360p 03:12:04 → 180p 03:12:06)')
  })

  it.each(all)('%s is told in both languages, without a raw kind or an empty word', (kind) => {
    for (const lang of ['zh', 'en'] as const) {
      const told = sentence(entry(kind, body), null, lang)
      expect(told.text).not.toBe('')
      expect(told.who).not.toBe('')
      expect(told.text).not.toMatch(/undefined|null|_/)
      expect(told.text).not.toContain(kind)
    }
  })

  it.each(['authority_table.changed', 'fast_track_policy.changed', 'call_plan.changed', 'resend_policy.changed', 'number_plan.changed', 'settings.changed'])('%s says what was changed though that has no name', (kind) => {
    const told = sentence(entry(kind, { [kind.split('.')[0] ?? '']: { id: 'x' } }), null, 'zh')
    expect(told.text).toMatch(/^修改\S+$/)
  })

  it('say who did it, in the words of the glossary', () => {
    expect(sentence(entry('task.ordered', body), null, 'zh')).toEqual({ who: '值班员 甲', text: '令 中山镇 15:30 前：抢通公路' })
    expect(sentence(entry('task.unable', body), null, 'zh')).toEqual({ who: '中山镇', text: '无法执行：抢通公路：桥断了' })
    expect(sentence(entry('meeting.lost', body), null, 'zh')).toEqual({ who: '树苴乡', text: '断线，正在重连' })
    expect(sentence(entry('meeting.weakened', body), null, 'zh')).toEqual({ who: '树苴乡', text: '线路慢：只传声音和静止图片' })
    const better = { ...body, line: { way: 'up', tier: '720p', former: 'stills', why: 'all' } }
    expect(sentence(entry('meeting.recovered', better), null, 'en').text).toBe('Uplink is better: all pictures and voices')
    const { countersign, ...signed } = body
    expect(sentence(entry('alert.issued', signed), null, 'en').text).toBe('issued to 42,118 people: 暴雨红色预警')
    expect(sentence(entry('alert.issued', { ...signed, countersign }), null, 'zh').text).toBe('绿色通道发布：暴雨红色预警，42,118 人，依据示例〔2026〕7 号，待补签')
  })

  it('a kind from a newer server is told by its name', () => {
    expect(sentence(entry('drone.launched', { drone: { id: 'd', name: '一号' } }), null, 'zh').text).toBe('drone.launched 一号')
  })

  it('name what has left the board as it was last told', () => {
    const lifted = { ...entry('alert.lifted', { alert: { ...body.alert, on_board: false } }), seq: 2 }
    const board = { alerts: {}, recent: [lifted] } as unknown as Board
    const answered = entry('alert.acknowledged', { coverage: body.coverage })
    expect(sentence(answered, board, 'zh').text).toBe('应答：暴雨红色预警')
    expect(sentence(answered, null, 'zh').text).toBe('应答：预警')
  })

  it('the hall does not hear of log-ins', () => {
    expect(forTheHall(entry('session.opened', {}))).toBe(false)
    expect(forTheHall(entry('incident.logged', body))).toBe(true)
  })
})
