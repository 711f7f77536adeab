// One mediasoup worker, asked by lines of JSON on standard input: {n, do, …}; each is answered by {n, done} or {n, error}.
'use strict'

const { createInterface } = require('node:readline')
const mediasoup = require(process.argv[2])

const FEEDBACK = {
  audio: [{ type: 'transport-cc', parameter: '' }],
  video: [
    { type: 'nack', parameter: '' },
    { type: 'nack', parameter: 'pli' },
    { type: 'ccm', parameter: 'fir' },
    { type: 'transport-cc', parameter: '' },
  ],
}
const CODECS = {
  audio: { mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  video: { mimeType: 'video/VP8', clockRate: 90000 },
}
// As much as our own bridge may estimate at most: nobody is held back at the beginning.
const MOST_BPS = 50_000_000

let worker, router, server
const transports = new Map()

const ACTIONS = {
  async start({ address, port }) {
    worker = await mediasoup.createWorker({ logLevel: 'none' })
    const mediaCodecs = ['audio', 'video'].map((kind) => ({ kind, ...CODECS[kind] }))
    router = await worker.createRouter({ mediaCodecs })
    server = await worker.createWebRtcServer({ listenInfos: [{ protocol: 'udp', ip: address, port }] })
    return { pid: worker.pid }
  },

  async transport() {
    const made = await router.createWebRtcTransport({ webRtcServer: server, initialAvailableOutgoingBitrate: MOST_BPS })
    transports.set(made.id, made)
    return { id: made.id, ice: made.iceParameters, candidates: made.iceCandidates, dtls: made.dtlsParameters }
  },

  async connect({ transport, fingerprints }) {
    await transports.get(transport).connect({ dtlsParameters: { role: 'client', fingerprints } })
    return {}
  },

  async produce({ transport, kind, payloadType, ssrc, extensions }) {
    const codecs = [{ ...CODECS[kind], payloadType, rtcpFeedback: FEEDBACK[kind] }]
    const rtpParameters = { codecs, headerExtensions: extensions, encodings: [{ ssrc }], rtcp: { cname: `site-${ssrc}` } }
    const producer = await transports.get(transport).produce({ kind, rtpParameters })
    return { id: producer.id }
  },

  async consume({ transport, producer }) {
    const { rtpCapabilities } = router
    const consumer = await transports.get(transport).consume({ producerId: producer, rtpCapabilities })
    return { kind: consumer.kind, parameters: consumer.rtpParameters }
  },

  async close({ transport }) {
    transports.get(transport).close()
    transports.delete(transport)
    return {}
  },
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { n, do: action, ...asked } = JSON.parse(line)
    ACTIONS[action](asked).then(
      (done) => console.log(JSON.stringify({ n, done })),
      (error) => console.log(JSON.stringify({ n, error: String(error) })),
    )
  })
  .on('close', () => process.exit())
