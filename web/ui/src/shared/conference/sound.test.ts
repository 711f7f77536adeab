import { describe, expect, it } from 'vitest'
import { packedAnswer } from './sound'

const ANSWER = [
  'v=0', 'a=group:BUNDLE 0 1 2',
  'm=audio 9 UDP/TLS/RTP/SAVPF 63 111', 'a=mid:0', 'a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111', 'a=rtpmap:111 opus/48000/2', 'a=rtcp-fb:111 transport-cc', 'a=recvonly',
  'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=mid:1', 'a=recvonly',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63', 'a=mid:2', 'a=rtpmap:63 red/48000/2', 'a=sendonly', '',
].join('\r\n')

describe('the answer for a microphone that packs', () => {
  it('has long packets and no redundant audio on that line alone', () => {
    const [session, own, camera, slot] = packedAnswer(ANSWER).split(/^(?=m=)/m)
    expect(own?.split('\r\n')).toEqual([
      'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=rtpmap:111 opus/48000/2', 'a=rtcp-fb:111 transport-cc', 'a=recvonly', 'a=ptime:60', 'a=maxptime:60', '',
    ])
    expect([session, camera, slot].join('')).toBe(ANSWER.split(/^(?=m=)/m).filter((_, place) => place !== 1).join(''))
  })

  it('is the answer itself beside it where there is no redundant audio and no sound', () => {
    const silent = 'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n'
    expect(packedAnswer(silent)).toBe(silent)
  })
})
