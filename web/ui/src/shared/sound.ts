/**
 * Three sounds, made here and told apart by rhythm as much as by pitch:
 * ring = two long, repeats · attention = three short, every 20 s until stopped · done = one short.
 */

export type SoundName = 'ring' | 'attention' | 'done'

/** [start s, length s, frequency Hz] */
type Beep = readonly [number, number, number]

interface Sound {
  beeps: readonly Beep[]
  /** Seconds from one start to the next, or null when it plays once. */
  every: number | null
}

export const SOUNDS: Record<SoundName, Sound> = {
  ring: { beeps: [[0, 0.7, 660], [0.95, 0.7, 550]], every: 4 },
  attention: { beeps: [[0, 0.16, 880], [0.26, 0.16, 880], [0.52, 0.16, 880]], every: 20 },
  done: { beeps: [[0, 0.12, 1040]], every: null },
}

const EDGE_S = 0.012

export class Sounds {
  private context: AudioContext | null = null
  private readonly repeating = new Map<SoundName, number>()

  /** 0 to 1. */
  constructor(public volume = 0.8) {}

  /** Whether the browser lets this page be heard; false until a person has touched it, unless it is a kiosk. */
  async allowed(): Promise<boolean> {
    const context = this.open()
    if (context.state === 'running') return true
    // Without a gesture resume() neither succeeds nor fails: ask, then look.
    void context.resume()
    await new Promise((resolve) => setTimeout(resolve, 150))
    return (context.state as AudioContextState) === 'running'
  }

  /** Play once. */
  once(name: SoundName, gain = 1): void {
    const context = this.open()
    void context.resume().then(() => this.play(context, SOUNDS[name].beeps, gain))
  }

  /** Play and repeat until `stop`; a second start of the same sound changes nothing. */
  start(name: SoundName, gain = 1): void {
    if (this.repeating.has(name)) return
    const { every } = SOUNDS[name]
    this.once(name, gain)
    if (every === null) return
    this.repeating.set(name, window.setInterval(() => this.once(name, gain), every * 1000))
  }

  stop(name: SoundName): void {
    window.clearInterval(this.repeating.get(name))
    this.repeating.delete(name)
  }

  playing(name: SoundName): boolean {
    return this.repeating.has(name)
  }

  private open(): AudioContext {
    this.context ??= new AudioContext()
    return this.context
  }

  private play(context: AudioContext, beeps: readonly Beep[], gain: number): void {
    const start = context.currentTime + 0.02
    for (const [at, length, frequency] of beeps) {
      const oscillator = new OscillatorNode(context, { type: 'triangle', frequency })
      const envelope = new GainNode(context, { gain: 0 })
      const level = this.volume * gain
      envelope.gain.setValueAtTime(0, start + at)
      envelope.gain.linearRampToValueAtTime(level, start + at + EDGE_S)
      envelope.gain.setValueAtTime(level, start + at + length - EDGE_S)
      envelope.gain.linearRampToValueAtTime(0, start + at + length)
      oscillator.connect(envelope).connect(context.destination)
      oscillator.start(start + at)
      oscillator.stop(start + at + length)
    }
  }
}
