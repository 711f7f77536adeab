import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ContentSender } from './content'
import { FakePeer, last, useFakes } from './fakes'
import type { SignalSocket } from './socket'

const SECOND_MS = 1_000
const RELAYS = { first: [{ urls: 'turn:one' }], next: [{ urls: 'turn:next' }] }
const answer = (session: number): string => `v=0\r\no=- ${session} 1 IN IP4 127.0.0.1\r\n`

describe('a shared screen', () => {
  const sent: { of: string; id: number }[] = []
  const socket = { welcomed: true, fresh: true, send: (message: { of: string; id: number }) => sent.push(message) }
  let relays: RTCIceServer[]
  let content: ContentSender

  const pass = async (seconds: number): Promise<void> => {
    for (let half = 0; half < 2 * seconds; half++) {
      await vi.advanceTimersByTimeAsync(SECOND_MS / 2)
      content.watch()
    }
    await vi.advanceTimersByTimeAsync(0)
  }
  /** The bridge answers the last offer. */
  const accept = (session = 1): Promise<void> => content.accept(last(sent).id, answer(session))
  const stand = async (session = 1): Promise<FakePeer> => {
    await accept(session)
    last(FakePeer.made).become('connected')
    return last(FakePeer.made)
  }

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    useFakes()
    sent.length = 0
    relays = RELAYS.first
    Object.assign(socket, { welcomed: true, fresh: true })
    content = new ContentSender(socket as unknown as SignalSocket, () => relays)
    content.share({ kind: 'video' } as MediaStreamTrack)
    await pass(0.5)
  })
  afterEach(() => {
    content.stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('whose checks are not answered for a moment goes on', async () => {
    const pc = await stand()
    for (let turn = 0; turn < 3; turn++) {
      pc.become('disconnected')
      await pass(0.5)
      pc.become('connected')
      await pass(8)
    }
    expect([sent.length, FakePeer.made.length]).toEqual([1, 1])
  })

  it('that is cut for longer looks for another way, by the relays of now, though reports come', async () => {
    const pc = await stand()
    relays = RELAYS.next
    pc.comes = 80
    pc.become('disconnected')
    await pass(2)
    expect(pc.restarts).toEqual([false, true])
    expect(pc.relays).toEqual([RELAYS.first, RELAYS.next])
    expect([FakePeer.made.length, pc.connectionState]).toEqual([1, 'disconnected'])
    expect(sent.map(({ of }) => of)).toEqual(['content', 'content'])
    await stand()
    await pass(12)
    expect([sent.length, FakePeer.made.length, pc.connectionState]).toEqual([2, 1, 'connected'])
  })

  it('is connected anew where that does not help', async () => {
    const pc = await stand()
    pc.become('disconnected')
    await pass(7)
    expect(FakePeer.made).toHaveLength(2)
    expect(pc.connectionState).toBe('closed')
    expect(last(FakePeer.made).restarts).toEqual([false])
  })

  it('is connected anew where the bridge does not know it any more', async () => {
    const pc = await stand()
    pc.become('disconnected')
    await pass(2)
    await accept(2)
    expect(FakePeer.made).toHaveLength(2)
  })

  it('waits while the line is cut, and looks for another way as soon as the server is heard', async () => {
    const pc = await stand()
    Object.assign(socket, { welcomed: false, fresh: false })
    pc.become('disconnected')
    await pass(8)
    expect([sent.length, FakePeer.made.length]).toEqual([1, 1])
    Object.assign(socket, { welcomed: true, fresh: true })
    await pass(0.5)
    expect(pc.restarts).toEqual([false, true])
  })

  it('goes to another node over a second connection, and ends the first when the move is over', async () => {
    const pc = await stand()
    content.move()
    await pass(0.5)
    await stand(2)
    expect([FakePeer.made.length, pc.connectionState]).toEqual([2, 'connected'])
    content.arrive()
    expect(pc.connectionState).toBe('closed')
  })
})
