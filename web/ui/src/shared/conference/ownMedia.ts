/** What the own camera and microphone send: their switches, what is wanted of them, and what the uplink carries. */

import { moves, TOP, type TierName } from '../tiers'
import { adjustCamera, type Call } from './call'
import { adjustSound } from './sound'

/** Pictures a second on an uplink that carries only few. */
const FEW_FRAMES = 5

export class OwnMedia {
  private call: Call | null = null
  private microphoneOn = true
  private cameraOn = true
  private layers: readonly boolean[] = []
  private tier: TierName = TOP.tier
  /** Why the own voice should be small: the server asked for it, the uplink is thin. */
  private small = { asked: false, thin: false }

  constructor(public media: MediaStream | null) {}

  /** The camera's track; null while it is off. */
  get camera(): MediaStreamTrack | null {
    return this.cameraOn ? (this.media?.getVideoTracks()[0] ?? null) : null
  }

  setMicrophone(on: boolean): void {
    this.microphoneOn = on
    this.applySwitches()
  }

  setCamera(on: boolean): void {
    this.cameraOn = on
    this.applySwitches()
  }

  /** Other devices are used from now on. */
  replace(media: MediaStream | null): void {
    this.media = media
    this.applySwitches()
  }

  /** It goes over `call` from now on. */
  begin(call: Call): void {
    this.call = call
    this.small.thin = false
    this.layers = []
    this.applySwitches()
    if (!moves(this.tier)) this.adjust()
  }

  end(): void {
    this.call = null
  }

  /** A server that has just said welcome has not asked for a small voice yet. */
  welcome(): void {
    this.small.asked = false
  }

  /** These layers of the camera are shown by anybody. */
  want(layers: readonly boolean[]): void {
    this.layers = layers
    this.adjust()
  }

  /** The uplink stands there on the ladder. */
  stand(tier: TierName): void {
    this.tier = tier
    this.fit()
  }

  /** Send what is wanted and the uplink carries. After each answer, too: Chromium may let the whole camera send again. */
  fit(small: Partial<OwnMedia['small']> = {}): void {
    this.small = { ...this.small, ...small }
    const packed = this.tier === 'one_voice'
    if (this.call === null) return
    adjustSound(this.call, { small: this.small.asked || this.small.thin, packed })
    this.adjust()
  }

  /** Send of the camera what is wanted and what the uplink carries. */
  private adjust(): void {
    const frames = this.tier === 'fewer_frames' ? FEW_FRAMES : null
    if (this.call !== null) adjustCamera(this.call, { layers: this.layers, moves: moves(this.tier), frames })
  }

  private applySwitches(): void {
    for (const track of this.media?.getAudioTracks() ?? []) track.enabled = this.microphoneOn
    for (const track of this.media?.getVideoTracks() ?? []) track.enabled = this.cameraOn
  }
}
