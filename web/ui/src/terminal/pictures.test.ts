import { describe, expect, it } from 'vitest'
import type { ConferenceParticipant } from '@shared/conference/messages'
import { faces } from './pictures'

const one = (id: string, more: Partial<ConferenceParticipant> = {}): ConferenceParticipant => ({
  id, name: id, kind: 'terminal', state: 'joined', muted: false, publishing: { audio: true, video: true }, microphone: true, unseen_by: [], ...more,
})
const all = [one('me'), one('a'), one('b'), one('c'), one('d'), one('e')]
const asked = { participants: all, self: 'me', broadcast: null, speaker: null, content: false, room: 3 }

describe('the pictures', () => {
  it('the broadcast site goes before the speaker, and never ourselves', () => {
    expect(faces({ ...asked, speaker: 'b' }).main).toBe('b')
    expect(faces({ ...asked, speaker: 'b', broadcast: 'c' }).main).toBe('c')
    expect(faces({ ...asked, broadcast: 'me', speaker: 'd' }).main).toBe('d')
    expect(faces({ ...asked, speaker: 'me' }).main).toBe('a')
  })

  it('three small ones beside it, those with a picture first', () => {
    const participants = [one('me'), one('a', { publishing: { audio: true, video: false } }), one('b'), one('c'), one('d')]
    expect(faces({ ...asked, participants })).toEqual({ main: 'b', small: ['c', 'd', 'a'] })
  })

  it('what is shared is large, and who would have been stands first beside it', () => {
    expect(faces({ ...asked, speaker: 'b', content: true })).toEqual({ main: 'content', small: ['b', 'a', 'c'] })
    expect(faces({ ...asked, participants: [one('me')], content: true })).toEqual({ main: 'content', small: [] })
  })

  it('nobody who is not there', () => {
    expect(faces({ ...asked, participants: [one('me'), one('w', { kind: 'wall' })], speaker: null })).toEqual({ main: null, small: [] })
    expect(faces({ ...asked, participants: [one('me'), one('a', { state: 'ringing' })], speaker: 'a' })).toEqual({ main: null, small: [] })
  })
})
