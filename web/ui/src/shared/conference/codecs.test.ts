import { expect, test } from 'vitest'

import { isCarried } from './codecs'

const codec = (mimeType: string, sdpFmtpLine?: string): RTCRtpCodec => ({ mimeType, clockRate: 90_000, ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }) })

test('what the bridge carries is offered, with what repairs it', () => {
  for (const mimeType of ['audio/opus', 'audio/red', 'video/VP8', 'video/rtx']) expect(isCarried(codec(mimeType))).toBe(true)
  for (const mimeType of ['audio/G722', 'audio/CN', 'video/VP9', 'video/AV1', 'video/flexfec-03', 'video/red', 'video/ulpfec']) {
    expect(isCarried(codec(mimeType))).toBe(false)
  }
})

test('of H.264 the baseline in packetization mode 1', () => {
  const line = (mode: number, profile: string): RTCRtpCodec => codec('video/H264', `level-asymmetry-allowed=1;packetization-mode=${String(mode)};profile-level-id=${profile}`)
  expect(isCarried(line(1, '42e01f'))).toBe(true)
  expect(isCarried(line(1, '42001f'))).toBe(true)
  expect(isCarried(line(0, '42e01f'))).toBe(false)
  expect(isCarried(line(1, '64001f'))).toBe(false)
})
