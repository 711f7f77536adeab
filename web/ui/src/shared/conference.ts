/** A meeting in the browser: one signalling socket, one peer connection, fixed slots. See docs/signalling.md. */

const PING_EVERY_MS = 2_000
const SILENT_AFTER_MS = 5_000
const REDIAL_MIN_MS = 500
/** How long a client that leaves waits for the server to hear it; the server closes the socket itself. */
const GOODBYE_MS = 8_000
const REDIAL_SPREAD_MS = 500
const WATCH_MS = 500
/** How long a connection may take to stand before it is made anew. */
const PATIENCE_MS = 4_000
const REOFFER_MS = 1_000

export type ConferenceState = 'connecting' | 'connected' | 'interrupted' | ConferenceEnd
export type ConferenceEnd = 'left' | 'removed' | 'replaced' | 'ended' | 'refused'

export interface Publishing {
  audio: boolean
  video: boolean
}

export interface ConferenceParticipant {
  id: string
  name: string
  /** `terminal`, `desk` or `wall`; a wall only receives. */
  kind: string
  state: string
  muted: boolean
  publishing: Publishing
}

export interface SlotTrack {
  kind: 'audio' | 'video'
  slot: number
  track: MediaStreamTrack
}

export interface ConferenceEvents {
  state: ConferenceState
  self: { participant: string; name: string; muted: boolean }
  participants: ConferenceParticipant[]
  speaker: { participant: string | null; loudest: string[] }
  /** A slot's track; again for every slot after the connection was made anew. */
  track: SlotTrack
  /** The bridge drops our audio, or forwards it again. The own microphone switch is not touched. */
  muted: boolean
  error: { code: string; detail: string }
}

export interface SlotStats {
  kind: 'audio' | 'video'
  slot: number
  packetsLost: number
  framesDecoded: number
  audioEnergy: number
}

export interface ConferenceStats {
  connection: RTCPeerConnectionState
  roundTripMs: number | null
  sentBytes: number
  slots: SlotStats[]
}

export interface ConferenceOptions {
  /** `wss://…/api/v1/meetings/{id}/signal`. */
  url: string
  /** A bearer token where there is no session cookie. */
  token?: string
  media: MediaStream | null
  slots: { audio: number; video: number }
}

interface Welcome {
  type: 'welcome'
  participant: string
  name: string
  muted: boolean
}

type ServerMessage =
  | Welcome
  | { type: 'participants'; participants: ConferenceParticipant[] }
  | { type: 'answer'; id: number; sdp: string }
  | { type: 'speaker'; participant: string | null; loudest: string[] }
  | { type: 'muted'; muted: boolean }
  | { type: 'reoffer' | 'removed' | 'ended' | 'pong' }
  | { type: 'error'; id?: number; code: string; detail: string }

const ENDS: Partial<Record<number, ConferenceEnd>> = {
  4401: 'refused',
  4403: 'removed',
  4404: 'refused',
  4409: 'replaced',
  4410: 'ended',
}

type Listener<K extends keyof ConferenceEvents> = (value: ConferenceEvents[K]) => void
type Listeners = { [K in keyof ConferenceEvents]: Set<Listener<K>> }

/** Local tracks and slots of one peer connection. */
interface Call {
  pc: RTCPeerConnection
  microphone: RTCRtpSender
  camera: RTCRtpSender
  slots: RTCRtpTransceiver[]
  madeAt: number
}

export class Conference {
  state: ConferenceState = 'connecting'

  private readonly listeners: Listeners = {
    state: new Set(),
    self: new Set(),
    participants: new Set(),
    speaker: new Set(),
    track: new Set(),
    muted: new Set(),
    error: new Set(),
  }
  private socket: WebSocket | null = null
  private welcomed = false
  private heardAt = 0
  private pingedAt = 0
  private dialTimer = 0
  private watchTimer = 0
  private call: Call | null = null
  private offerId = 0
  private offeredAt = 0
  private media: MediaStream | null
  private wanted: (string | null)[] = []
  private microphoneOn = true
  private cameraOn = true

  constructor(private readonly options: ConferenceOptions) {
    this.media = options.media
  }

  /** Listen; the returned function ends it. */
  on<K extends keyof ConferenceEvents>(event: K, listener: Listener<K>): () => void {
    const set: Set<Listener<K>> = this.listeners[event]
    set.add(listener)
    return () => set.delete(listener)
  }

  join(): void {
    this.watchTimer = window.setInterval(() => this.watch(), WATCH_MS)
    this.dial()
  }

  /** What each video slot shows: a participant, 'speaker', or nothing. */
  view(slots: (string | null)[]): void {
    this.wanted = [...slots]
    this.send({ type: 'view', slots: this.wanted })
  }

  setMic(on: boolean): void {
    this.microphoneOn = on
    this.applySwitches()
  }

  setCamera(on: boolean): void {
    this.cameraOn = on
    this.applySwitches()
  }

  /** Use other devices from now on, without a new offer. */
  async replaceMedia(media: MediaStream | null): Promise<void> {
    this.media = media
    this.applySwitches()
    await this.call?.microphone.replaceTrack(media?.getAudioTracks()[0] ?? null)
    await this.call?.camera.replaceTrack(media?.getVideoTracks()[0] ?? null)
  }

  /** Leave for good. The socket is given a moment to say so, a broken one is dialled once more for it. */
  leave(): void {
    if (this.over) return
    const open = this.welcomed && this.socket?.readyState === WebSocket.OPEN ? this.socket : null
    if (open !== null) this.socket = null
    const socket = open ?? this.newSocket()
    const goodbye = JSON.stringify({ type: 'leave' })
    socket.onclose = null
    socket.onmessage = () => {
      socket.onmessage = null
      socket.send(goodbye)
    }
    if (open !== null) {
      socket.onmessage = null
      socket.send(goodbye)
    }
    window.setTimeout(() => socket.close(), GOODBYE_MS)
    this.finish('left')
  }

  async stats(): Promise<ConferenceStats> {
    const call = this.call
    const summary: ConferenceStats = {
      connection: call?.pc.connectionState ?? 'new',
      roundTripMs: null,
      sentBytes: 0,
      slots: [],
    }
    if (call === null) return summary
    readTransport(await call.pc.getStats(), summary)
    for (const [index, transceiver] of call.slots.entries()) {
      const place = this.place(index)
      summary.slots.push(readSlot(await transceiver.receiver.getStats(), place.kind, place.slot))
    }
    return summary
  }

  private emit<K extends keyof ConferenceEvents>(event: K, value: ConferenceEvents[K]): void {
    const set: Set<Listener<K>> = this.listeners[event]
    for (const listener of [...set]) listener(value)
  }

  private become(state: ConferenceState): void {
    if (this.over || state === this.state) return
    this.state = state
    this.emit('state', state)
  }

  private get over(): boolean {
    return !['connecting', 'connected', 'interrupted'].includes(this.state)
  }

  // The socket ------------------------------------------------------------------------------------

  private dial(): void {
    this.abandonSocket()
    const socket = this.newSocket()
    this.socket = socket
    this.heardAt = this.pingedAt = performance.now()
    socket.onmessage = (event) => this.hear(String(event.data))
    socket.onclose = (event) => this.lost(ENDS[event.code])
  }

  private newSocket(): WebSocket {
    const { url, token } = this.options
    return token === undefined ? new WebSocket(url) : new WebSocket(url, ['fengsui', token])
  }

  /** A broken socket's close() may take a minute: forget it at once and let it close in the background. */
  private abandonSocket(): void {
    window.clearTimeout(this.dialTimer)
    const former = this.socket
    this.socket = null
    this.welcomed = false
    if (former === null) return
    former.onmessage = former.onclose = null
    former.close()
  }

  private lost(end: ConferenceEnd | undefined): void {
    if (end !== undefined) {
      this.finish(end)
      return
    }
    this.abandonSocket()
    if (!this.over) {
      this.dialTimer = window.setTimeout(() => this.dial(), REDIAL_MIN_MS + Math.random() * REDIAL_SPREAD_MS)
    }
  }

  private send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

  private hear(text: string): void {
    this.heardAt = performance.now()
    const message = JSON.parse(text) as ServerMessage
    switch (message.type) {
      case 'welcome':
        return this.welcome(message)
      case 'participants':
        return this.emit('participants', message.participants)
      case 'answer':
        return void this.accept(message.id, message.sdp)
      case 'speaker':
        return this.emit('speaker', { participant: message.participant, loudest: message.loudest })
      case 'muted':
        return this.emit('muted', message.muted)
      case 'reoffer':
        return void this.connect()
      case 'removed':
      case 'ended':
        return this.finish(message.type)
      case 'error':
        return this.refused(message.id, { code: message.code, detail: message.detail })
      case 'pong':
        return
    }
  }

  /** An offer that was refused (no media node just now) is made again soon, not only when patience ends. */
  private refused(id: number | undefined, error: ConferenceEvents['error']): void {
    if (id === this.offerId) this.offeredAt = performance.now() - PATIENCE_MS + REOFFER_MS
    this.emit('error', error)
  }

  private welcome(message: Welcome): void {
    this.welcomed = true
    this.emit('self', { participant: message.participant, name: message.name, muted: message.muted })
    this.emit('muted', message.muted)
    if (this.call?.pc.connectionState !== 'connected') void this.connect()
  }

  // The peer connection ---------------------------------------------------------------------------

  /** Make the connection anew: right after every kind of break. */
  private async connect(): Promise<void> {
    this.hangUp()
    const call = this.makeCall()
    this.call = call
    for (const [index, transceiver] of call.slots.entries()) {
      this.emit('track', { ...this.place(index), track: transceiver.receiver.track })
    }
    await this.offer(call)
  }

  private makeCall(): Call {
    const pc = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' })
    const audio = this.media?.getAudioTracks()[0]
    const video = this.media?.getVideoTracks()[0]
    const microphone = pc.addTransceiver(audio ?? 'audio', { direction: 'sendonly' }).sender
    const camera = pc.addTransceiver(video ?? 'video', { direction: 'sendonly' }).sender
    const { slots } = this.options
    const kinds = [...Array<'audio'>(slots.audio).fill('audio'), ...Array<'video'>(slots.video).fill('video')]
    const receivers = kinds.map((kind) => pc.addTransceiver(kind, { direction: 'recvonly' }))
    const call = { pc, microphone, camera, slots: receivers, madeAt: performance.now() }
    pc.onconnectionstatechange = () => this.follow(call)
    this.applySwitches()
    return call
  }

  private hangUp(): void {
    const former = this.call
    this.call = null
    if (former === null) return
    former.pc.onconnectionstatechange = null
    former.pc.close()
  }

  private async offer(call: Call): Promise<void> {
    this.offeredAt = performance.now()
    const id = ++this.offerId
    const description = await call.pc.createOffer()
    if (call !== this.call || id !== this.offerId) return
    await call.pc.setLocalDescription(description)
    this.send({ type: 'offer', id, sdp: description.sdp, slots: this.options.slots })
    // A node that was restarted knows nothing of the view.
    this.send({ type: 'view', slots: this.wanted })
  }

  private async accept(id: number, sdp: string): Promise<void> {
    const call = this.call
    if (call === null || id !== this.offerId || call.pc.signalingState !== 'have-local-offer') return
    await call.pc.setRemoteDescription({ type: 'answer', sdp })
  }

  private follow(call: Call): void {
    if (call !== this.call) return
    const state = call.pc.connectionState
    if (state === 'connected') this.become('connected')
    else if (state === 'disconnected' || state === 'failed' || state === 'closed') this.again()
  }

  /** By the time a browser says "disconnected" the bridge has given the connection up too: a new one, no ICE restart. */
  private again(): void {
    this.become('interrupted')
    if (this.welcomed) void this.connect()
  }

  /** Chromium stops checking after a while and never says so: whatever does not stand in time is made anew. */
  private watch(): void {
    const now = performance.now()
    if (this.socket !== null && now - this.heardAt > SILENT_AFTER_MS) {
      this.lost(undefined)
    } else if (now - this.pingedAt > PING_EVERY_MS) {
      this.pingedAt = now
      this.send({ type: 'ping', at: Math.round(now) })
    }
    const standing = this.call?.pc.connectionState === 'connected'
    if (!standing && this.welcomed && now - this.offeredAt > PATIENCE_MS) this.again()
  }

  private applySwitches(): void {
    for (const track of this.media?.getAudioTracks() ?? []) track.enabled = this.microphoneOn
    for (const track of this.media?.getVideoTracks() ?? []) track.enabled = this.cameraOn
  }

  private place(index: number): { kind: 'audio' | 'video'; slot: number } {
    const { audio } = this.options.slots
    return index < audio ? { kind: 'audio', slot: index } : { kind: 'video', slot: index - audio }
  }

  private finish(end: ConferenceEnd): void {
    if (this.over) return
    this.become(end)
    window.clearInterval(this.watchTimer)
    this.hangUp()
    this.abandonSocket()
  }
}

function readTransport(report: RTCStatsReport, summary: ConferenceStats): void {
  report.forEach((entry: RTCStats) => {
    if (entry.type === 'candidate-pair') {
      const pair = entry as RTCIceCandidatePairStats
      if (pair.nominated === true && pair.currentRoundTripTime !== undefined) {
        summary.roundTripMs = pair.currentRoundTripTime * 1_000
      }
    } else if (entry.type === 'outbound-rtp') {
      summary.sentBytes += (entry as RTCOutboundRtpStreamStats).bytesSent ?? 0
    }
  })
}

function readSlot(report: RTCStatsReport, kind: 'audio' | 'video', slot: number): SlotStats {
  const found: SlotStats = { kind, slot, packetsLost: 0, framesDecoded: 0, audioEnergy: 0 }
  report.forEach((entry: RTCStats) => {
    if (entry.type !== 'inbound-rtp') return
    const inbound = entry as RTCInboundRtpStreamStats
    found.packetsLost = inbound.packetsLost ?? 0
    found.framesDecoded = inbound.framesDecoded ?? 0
    found.audioEnergy = inbound.totalAudioEnergy ?? 0
  })
  return found
}
