import { computed } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Api, ApiProblem } from '../api'
import type { Alert, AlertArea } from '../objects/alerts'
import type { Polygon } from '../objects/geometry'
import { AGAIN_MS, drawnIn, hasShape, Shapes } from './shapes'

const box = (east: number): Polygon => ({ type: 'Polygon', coordinates: [[[101, 25], [east, 25], [east, 25.1], [101, 25]]] })
const SHAPES: Record<string, Polygon> = { aa: box(101.1), bb: box(101.2) }

const alert = (id: string, area: Partial<AlertArea>): Alert =>
  ({ id, area: { description: '', divisions: [], approximate: false, ...area } }) as unknown as Alert

/** The outside, faked: a server that has shapes and counts what it is asked. */
let asked: string[]
let fails: number[]
const api = new Api()

beforeEach(() => {
  asked = []
  fails = []
  vi.useFakeTimers()
  vi.spyOn(api, 'get').mockImplementation((path) => {
    asked.push(path)
    const status = fails.shift()
    if (status !== undefined) return Promise.reject(new ApiProblem(status, 'x'))
    return Promise.resolve(SHAPES[path.slice(-2)] as never)
  })
})
afterEach(() => vi.useRealTimers())

describe('the shapes of alerts', () => {
  it('are asked for once, whoever draws them, and drawn when they are here', async () => {
    const shapes = new Shapes(api)
    const [first, second] = [alert('a', { digest: 'aa', geometry: null }), alert('b', { digest: 'aa' })]
    const drawn = computed(() => [shapes.of(first), shapes.of(second)])
    expect(drawn.value).toEqual([null, null])
    await vi.runAllTimersAsync()
    expect(drawn.value).toEqual([SHAPES['aa'], SHAPES['aa']])
    expect(asked).toEqual(['/alerts/a/shapes/aa'])
  })

  it('are taken in place from older entries, and nothing is asked where there is none', () => {
    const shapes = new Shapes(api)
    expect(shapes.of(alert('a', { geometry: box(101.3) }))).toEqual(box(101.3))
    expect([shapes.of(alert('a', { geometry: null })), shapes.of(alert('a', { digest: null }))]).toEqual([null, null])
    expect([{ geometry: box(101) }, { digest: 'aa' }, { digest: null }, { geometry: null }].map((one) => hasShape(alert('a', one).area))).toEqual([true, true, false, false])
    expect(asked).toEqual([])
  })

  it('are asked for again after a cut line, and not after a refusal', async () => {
    const shapes = new Shapes(api)
    const one = alert('a', { digest: 'aa' })
    fails = [0, 503, 404]
    expect([shapes.of(one), shapes.of(one)]).toEqual([null, null])
    await vi.advanceTimersByTimeAsync(AGAIN_MS)
    expect(asked).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(10 * AGAIN_MS)
    expect([asked.length, shapes.of(one)]).toEqual([3, null])
  })

  it('are put in place for who writes them anew', async () => {
    const shapes = new Shapes(api)
    const named = alert('a', { digest: 'aa', drawn_digest: 'bb', geometry: null, drawn: null, divisions: ['532301'] })
    expect(() => drawnIn(named.area)).toThrow('only named')
    const { area } = await shapes.whole(named)
    expect([area.geometry, drawnIn(area)]).toEqual([SHAPES['aa'], SHAPES['bb']])
    expect(drawnIn((await shapes.whole(alert('a', { digest: null, drawn_digest: null }))).area)).toBeNull()
    fails = [0]
    await expect(new Shapes(api).whole(named)).rejects.toBeInstanceOf(ApiProblem)
  })
})
